// What may be published and subscribed to, in one place for every broker: RabbitMQ and Kafka would
// take more, and then one engine's messages would not be another's.
#pragma once

#include <span>
#include <string>

#include "base/error.hpp"
#include "messaging/broker.hpp"

namespace msdemo::messaging {

/// Names and sizes of the message that is `index` of its batch. Fails with invalid_field or
/// body_too_large, naming it.
Result<void> check_message(const Message& message, std::size_t index);

/// That all its text is UTF-8; whoever parsed it from JSON knows already. Fails with invalid_field.
Result<void> check_utf8(const Message& message, std::size_t index);

/// Both, for each message; the first that breaks a rule is named.
Result<void> check_messages(std::span<const Message> batch);

/// Fails with invalid_field, naming the group or the topic.
Result<void> check_subscription(const std::string& group, std::span<const std::string> topics);

/// Of a topic that somebody wants to look into. Fails with invalid_field.
Result<void> check_topic(const std::string& topic);

/// Why a message dies that was given out so often; `retried` if it waits to be retried, and not
/// because its consumer died or never answered.
std::string exhausted_reason(std::int64_t attempts, bool retried);

/// As much of a dead letter's reason as is kept, without half a character.
std::string shortened_reason(const std::string& reason);

}  // namespace msdemo::messaging
