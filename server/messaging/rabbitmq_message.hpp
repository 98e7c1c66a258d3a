// A message as it travels at RabbitMQ: what our messages and dead letters become there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "messaging/broker.hpp"
#include "messaging/queue_inspector.hpp"
#include "messaging/rabbitmq_names.hpp"

namespace msdemo::messaging {

/// The AMQP properties and headers that we use, and the body. Other programs' messages may lack any
/// of them.
struct AmqpMessage {
  std::string exchange{};
  std::string routing_key{};
  std::int64_t id = 0;  ///< the property `message-id`
  std::int64_t published_unix_nano = 0;
  std::string topic{};
  std::string key{};
  std::string body{};

  // Of dead letters, and of their copies.
  std::string group{};
  std::string reason{};
  std::int64_t attempts = 0;
  std::int64_t died_unix_nano = 0;
  std::string died_in{};  ///< the queue in which RabbitMQ itself gave up, if it did

  // Of received ones.
  std::string consumer{};
  std::uint64_t tag = 0;
  std::int64_t returns = 0;  ///< how often it came back to its queue unsettled
};

/// On its way to `message.topic`.
AmqpMessage to_amqp(const Message& message, std::int64_t id, std::int64_t published_unix_nano,
                    const RabbitmqNames& names);

/// `lease` and the given-out count are the receiver's business. `max_attempts` is what RabbitMQ
/// was told to give up after.
Delivery to_delivery(AmqpMessage message, std::int64_t lease, int max_attempts,
                     const RabbitmqNames& names);

/// Out of the queue that keeps the dead letters of `group`.
DeadLetter to_dead_letter(AmqpMessage message, const std::string& group, int max_attempts,
                          const RabbitmqNames& names);

/// A delivery that becomes a dead letter of `group`: to its letters and, unless it is a copy
/// itself, to those who listen to `<topic>.dead`.
AmqpMessage to_dead(const Delivery& delivery, const std::string& group, const std::string& reason,
                    std::int64_t now_unix_nano, const RabbitmqNames& names);

/// A dead letter back to its group, as if new.
AmqpMessage to_redriven(AmqpMessage letter, const std::string& group, const RabbitmqNames& names);

}  // namespace msdemo::messaging
