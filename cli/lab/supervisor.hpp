// The loop that keeps the services of a lab running until somebody wants them stopped.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "http/socket.hpp"
#include "lab/service_status.hpp"
#include "lab/supervised_service.hpp"
#include "lab/termination.hpp"

namespace msdemo::lab {

/// How a lab ended.
struct StopReport {
  std::vector<std::string> killed;  ///< services that did not stop by themselves in time
  std::vector<std::string> stuck;   ///< services whose process did not even end when killed
};

Json to_json(const StopReport& report);
StopReport parse_stop_report(const Json& json);

/// Runs on the thread that calls run(); services(), act() and down() may be called from any other
/// thread while it runs, and answer with lab_failed before and after.
class Supervisor {
 public:
  /// `clock` and `signals` must outlive the supervisor.
  Supervisor(std::vector<SupervisedService> services, TerminationSignals& signals,
             const Clock& clock);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  /// Starts all services and keeps them running; returns when all have ended after down() or a
  /// signal. `on_ready` is called once, on this thread, when every service is ready and the users
  /// are seeded; if it returns false the lab is stopped. Fails with lab_failed, after everything
  /// has been stopped, when it never came so far.
  Result<StopReport> run(const std::function<bool()>& on_ready);

  /// What is to be said about the first users: that a foreign program did not take them. Empty
  /// else. For `on_ready`.
  const std::string& seeding_remark() const { return seeding_remark_; }

  /// Never blocks.
  std::vector<ServiceStatus> services() const;

  /// `action` is restart, kill, stop, start, pause or resume, and `service` one process: `order`,
  /// or `order-2` where there are several. Blocks until it is done, up to limits::kLabAction. Fails
  /// with invalid_field or not_found when there is no such action or service, and with lab_failed
  /// when it cannot be done.
  Result<void> act(const std::string& action, const std::string& service);

  /// Stops everything. Blocks until it is over, up to limits::kControlCall.
  Result<StopReport> down();

 private:
  /// Somebody who waits for an action to be done: `outcome` is nothing as long as it is not.
  struct Waiter {
    std::function<std::optional<Result<void>>()> outcome;
    std::shared_ptr<std::promise<Result<void>>> answer;
  };

  bool post(std::function<void()> task);
  void run_posted();
  void wait_for_events();
  int poll_timeout_ms() const;
  void begin(const std::string& action, SupervisedService& service,
             std::shared_ptr<std::promise<Result<void>>> answer);
  Result<void> request(const std::string& action, SupervisedService& service);
  void signal_came();
  void stop_everything();
  void seed_when_possible();
  void users_offered(const Result<void>& taken);
  void check_start(const std::function<bool()>& on_ready);
  Error start_failure(const SupervisedService& service) const;
  bool over() const;
  void publish();
  void settle();
  StopReport finish();
  SupervisedService* find(const std::string& name);

  const Clock& clock_;
  TerminationSignals& signals_;
  http::FileDescriptor wake_;  ///< an eventfd: something was posted

  // Touched by the thread in run() alone.
  std::vector<SupervisedService> services_;
  std::vector<Waiter> waiters_;
  std::vector<std::shared_ptr<std::promise<Result<StopReport>>>> down_answers_;
  std::thread seeder_;
  enum class Seeding { not_begun, going_on, done } seeding_ = Seeding::not_begun;
  std::string seeding_remark_;
  bool announced_ = false;
  std::optional<Error> failure_;
  std::optional<SteadyTime> give_up_at_;  ///< set while everything is being stopped

  mutable std::mutex mutex_;  ///< guards everything below
  bool running_ = false;
  std::vector<std::function<void()>> posted_;
  std::vector<ServiceStatus> snapshot_;
};

}  // namespace msdemo::lab
