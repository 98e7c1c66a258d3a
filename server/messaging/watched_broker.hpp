// A broker, and whether it can be reached: what a service's readiness and its metrics tell about
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "messaging/broker.hpp"

namespace msdemo::messaging {

/// What the calls to a broker came to. Thread-safe.
class BrokerWatch {
 public:
  /// Why the last call did not reach the broker; nothing if it did, or if there was none.
  std::optional<Error> trouble() const;

  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::uint64_t published() const { return published_.load(std::memory_order_relaxed); }
  std::uint64_t deliveries() const { return deliveries_.load(std::memory_order_relaxed); }
  std::uint64_t redeliveries() const { return redeliveries_.load(std::memory_order_relaxed); }
  std::uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }

 private:
  friend class WatchedBroker;
  friend class WatchedSubscription;
  void note(const Error* error);

  mutable std::mutex mutex_;  ///< guards trouble_
  std::optional<Error> trouble_;
  std::atomic<bool> troubled_ = false;  ///< whether there is a trouble_, for the usual case
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<std::uint64_t> deliveries_ = 0;
  std::atomic<std::uint64_t> redeliveries_ = 0;
  std::atomic<std::uint64_t> batches_ = 0;
};

/// Hands everything on to `broker` and notes what came of it. A broker that answers with a refusal
/// is there all the same.
class WatchedBroker final : public Broker {
 public:
  explicit WatchedBroker(std::unique_ptr<Broker> broker) : broker_(std::move(broker)) {}

  Result<void> publish(std::span<const Message> batch) override;
  Result<std::unique_ptr<Subscription>> subscribe(const std::string& group,
                                                  std::span<const std::string> topics) override;

  const BrokerWatch& watch() const { return watch_; }

 private:
  std::unique_ptr<Broker> broker_;
  BrokerWatch watch_;
};

}  // namespace msdemo::messaging
