// What the broker does beyond its rows: consumers that wait, the sweep, and rates.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "broker/rate_meter.hpp"
#include "broker/store.hpp"

namespace msdemo::broker {

/// Thread-safe. Errors as the store's; a lease that had ended is stale_lease here, naming the
/// messages, and all others are settled nonetheless.
class BrokerService {
 public:
  /// Sweeps about once a second from now on. Both must outlive the service.
  BrokerService(BrokerStore& store, const Clock& clock);
  BrokerService(const BrokerService&) = delete;
  BrokerService& operator=(const BrokerService&) = delete;
  ~BrokerService();

  Result<void> publish(std::vector<messaging::Message> batch);
  Result<void> subscribe(const std::string& group, std::span<const std::string> patterns);

  /// Waits up to `wait` for something to give out; not at all once limits::kReceiveWaiters wait, or
  /// after stop(). `gone` tells that nobody would hear the answer: then nothing is given out.
  Result<std::vector<messaging::Delivery>> receive(const std::string& group, std::size_t max,
                                                   std::chrono::milliseconds wait,
                                                   const std::function<bool()>& gone);

  Result<void> ack(const std::string& group, std::span<const Held> deliveries);
  Result<void> extend(const std::string& group, std::span<const Held> deliveries);
  Result<void> retry_later(const std::string& group, std::span<const Held> deliveries,
                           std::chrono::milliseconds delay);
  Result<void> dead_letter(const std::string& group, std::span<const Held> deliveries,
                           const std::string& reason);

  Result<std::vector<messaging::QueueState>> queues();
  Result<void> redrive(std::int64_t id);

  /// Ends every wait now, and the sweep: a service that drains must not hold its consumers.
  void stop();

 private:
  struct Waiter {
    std::condition_variable woken_up;
    bool woken = false;
  };
  class Waiting;

  void wake_one(const std::string& group);
  Result<void> apply(const std::string& group, const Result<Effects>& effects);
  void sweep_until_stopped();

  BrokerStore& store_;
  const Clock& clock_;

  std::mutex mutex_;  ///< guards everything below but the thread
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::map<std::string, std::vector<Waiter*>> waiters_;  ///< by group; not yet woken
  std::size_t waiting_ = 0;
  std::map<std::string, RateMeter> published_;                      ///< by topic
  std::map<std::pair<std::string, std::string>, RateMeter> acked_;  ///< by topic and group

  std::thread sweeper_;
};

}  // namespace msdemo::broker
