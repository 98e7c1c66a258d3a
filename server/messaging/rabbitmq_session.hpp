// What a consumer of a group does at RabbitMQ while one connection lasts.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messaging/broker.hpp"
#include "messaging/rabbitmq_connection.hpp"
#include "messaging/rabbitmq_topology.hpp"

namespace msdemo::messaging {

/// What all connections of one broker have in common.
struct RabbitmqSettings {
  RabbitmqPlace place;
  RabbitmqLimits limits;
  std::chrono::seconds heartbeat;
  std::chrono::milliseconds call;
};

/// Not thread-safe. A lease is a delivery's number on this connection, above those of all earlier
/// connections as long as the system clock does not go back: when the connection is gone, so are
/// its leases, and RabbitMQ gives the messages to others. Errors as RabbitmqConnection's.
class RabbitmqSession {
 public:
  /// Connects, and declares the group's queues.
  static Result<std::unique_ptr<RabbitmqSession>> open(const RabbitmqSettings& settings,
                                                       const std::string& group,
                                                       std::span<const std::string> topics);

  /// Lets RabbitMQ send messages for a batch of `max`; if the last one took its consumer long, not
  /// more than that many.
  Result<void> want(std::size_t max, bool took_long);

  /// Takes in what has come, answers heartbeats, and gives back what was to be retried by now.
  Result<void> run();

  /// Deliveries for a batch, of those that have come; no more than limits::kBatchBytes.
  std::vector<Delivery> take(std::size_t max);

  /// As Subscription's.
  Result<void> extend(std::span<const Delivery> deliveries) const;
  Result<void> ack(std::span<const Delivery> deliveries);
  Result<void> retry_later(const Delivery& delivery, std::chrono::milliseconds delay);
  Result<void> dead_letter(const Delivery& delivery, const std::string& reason);

  /// Nothing more, please: what was sent but not taken goes to the group's other consumers.
  Result<void> stop();

  /// As RabbitmqConnection's.
  bool broken() const { return connection_->broken(); }
  int descriptor() const { return connection_->descriptor(); }

  /// By when run() must be called again at the latest.
  SteadyTime next_due() const;

 private:
  /// A consumer of one queue. RabbitMQ fixes how much it is sent ahead when it begins, so that one
  /// for larger batches has to take its place.
  struct Tap {
    std::string queue;
    std::string consumer{};  ///< empty while there is none
    int prefetch = 0;
    int unsettled = 0;
  };

  /// A delivery that RabbitMQ counts as ours.
  struct Held {
    std::string consumer;
    std::optional<SteadyTime> again{};  ///< when to give it back; none while it is leased
  };

  RabbitmqSession(const RabbitmqSettings& settings, const std::string& group,
                  std::unique_ptr<RabbitmqConnection> connection);

  std::uint64_t tag_of(std::int64_t lease) const;
  bool leased(const Delivery& delivery) const;
  Result<void> begin(Tap& tap, std::size_t prefetch);
  Result<void> end(Tap& tap);
  void let_go(std::int64_t lease);
  Result<void> give_back_due();

  const RabbitmqSettings& settings_;
  const std::string& group_;
  const std::int64_t first_lease_;
  const SteadyTime opened_;
  bool heard_again_ = false;  ///< publish_unheard() was done for the second time
  std::unique_ptr<RabbitmqConnection> connection_;
  std::vector<Tap> taps_;
  int consumers_ = 0;                  ///< that there have been, for their names
  std::map<std::int64_t, Held> held_;  ///< by lease
};

}  // namespace msdemo::messaging
