// RabbitMQ as a broker, over AMQP 0-9-1. docs/reference/messages.md says what each promise becomes.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "messaging/broker.hpp"
#include "messaging/rabbitmq_session.hpp"

namespace msdemo::messaging {

/// Each publish() has a connection to itself, taken from those that are idle, so that no two
/// threads meet in one. They have no heartbeat: one that is found dead before anything was sent is
/// replaced.
class RabbitmqBroker final : public Broker {
 public:
  explicit RabbitmqBroker(RabbitmqSettings settings);

  Result<void> publish(std::span<const Message> batch) override;
  Result<std::unique_ptr<Subscription>> subscribe(const std::string& group,
                                                  std::span<const std::string> topics) override;

 private:
  using Connection = std::unique_ptr<RabbitmqConnection>;

  Result<Connection> take_connection(SteadyTime end);
  void put_back(Connection connection);
  std::vector<AmqpMessage> numbered(std::span<const Message> batch);
  Result<void> publish_to(RabbitmqConnection& connection, std::span<const AmqpMessage> messages);

  const RabbitmqSettings settings_;
  Rng rng_;
  std::mutex mutex_;                                     ///< guards idle_
  std::vector<std::pair<Connection, SteadyTime>> idle_;  ///< and since when
};

}  // namespace msdemo::messaging
