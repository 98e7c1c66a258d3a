// When a service is started, restarted, given up or killed: the decisions alone, as a state machine
// that owns no process, so that each rule can be tested by moving a clock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "lab/service_status.hpp"

namespace msdemo::lab {

/// What the owner of the process has to do now, in this order.
enum class Act {
  spawn,
  terminate,  ///< SIGTERM
  kill,       ///< SIGKILL
  suspend,    ///< SIGSTOP
  resume,     ///< SIGCONT
};
using Acts = std::vector<Act>;

/// One service. It is told what people ask for and what happens to the process, and answers with
/// what to do. The rules: a process that had been ready is started again after
/// limits::kRestartDelay, however often it ends; starts that end before they are ready back off
/// from limits::kStartBackoff, doubling to limits::kStartBackoffMax, and after
/// limits::kFailedStarts of them the service is `failed`. A start that is not ready within
/// its start timeout, and a stop that is not over within limits::kStopGrace, ends in a kill.
/// Not thread-safe, never blocks.
class Lifecycle {
 public:
  /// `service` appears in errors. `clock` must outlive the lifecycle. It begins stopped.
  Lifecycle(std::string service, const Clock& clock,
            std::chrono::seconds start_timeout = limits::kStartTimeout);

  // What people ask for. Asking for what already is does nothing; what cannot be is lab_failed.
  Acts start();
  Acts stop();
  Acts restart();
  Result<Acts> kill();
  Result<Acts> pause();
  Result<Acts> resume();

  // What happens.
  void became_ready();
  Acts ended();        ///< the process is gone, or could not be spawned
  Acts time_passed();  ///< call at wake_at() or later

  /// When time_passed() has something to do; nothing if only an event changes anything.
  std::optional<SteadyTime> wake_at() const { return wake_at_; }

  ServiceState state() const;
  bool has_process() const;
  int restarts() const { return restarts_; }

  /// Starts in a row that ended before they were ready.
  int failed_starts() const { return failed_starts_; }

  /// Whether the present process was killed because it took longer than its deadline.
  bool overdue() const { return overdue_; }

 private:
  enum class Phase { stopped, waiting, starting, ready, paused, stopping, failed };

  Acts spawn();
  Acts begin_stop();
  void enter(Phase phase, std::optional<std::chrono::milliseconds> limit = std::nullopt);
  tl::unexpected<Error> cannot(std::string_view what, std::string_view hint) const;

  std::string service_;
  const Clock& clock_;
  const std::chrono::seconds start_timeout_;
  Phase phase_ = Phase::stopped;
  std::optional<SteadyTime> wake_at_;
  bool start_again_ = false;  ///< when the stop that is going on is over
  bool overdue_ = false;
  int restarts_ = 0;
  int failed_starts_ = 0;
};

}  // namespace msdemo::lab
