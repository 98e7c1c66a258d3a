// What we need at RabbitMQ: exchanges, queues and bindings. Declared by whoever connects, again and
// again, so that nobody has to come first.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "messaging/rabbitmq_connection.hpp"

namespace msdemo::messaging {

/// What a broker was told about its queues. RabbitMQ refuses whoever declares a queue otherwise
/// than it is.
struct RabbitmqLimits {
  std::int64_t topic_messages;
  int max_attempts;
};

/// The exchanges that messages are published to, and the queue of what nobody listens to yet.
Result<void> declare_exchanges(RabbitmqConnection& connection, const RabbitmqNames& names);

/// The queues of `group`, bound to `topics` besides those that they are bound to already.
Result<void> declare_group(RabbitmqConnection& connection, const RabbitmqNames& names,
                           const std::string& group, std::span<const std::string> topics,
                           const RabbitmqLimits& limits);

/// Publishes again what nobody listened to when it was published: whoever has come meanwhile gets
/// it, and the rest comes back to where it was. Each message moves once at most.
Result<void> publish_unheard(RabbitmqConnection& connection, const RabbitmqNames& names);

/// Deletes everything under the URL's prefix, of the groups that are named; for tests, which leave
/// nothing behind. Fails as a call of a broker.
Result<void> remove_from_rabbitmq(const std::string& url, std::span<const std::string> groups);

}  // namespace msdemo::messaging
