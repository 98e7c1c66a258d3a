#include "messaging/rabbitmq_message.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "contracts/messages.hpp"
#include "messaging/message_rules.hpp"
#include "messaging/names.hpp"

namespace msdemo::messaging {

namespace {

using contracts::topics::kDeadSuffix;

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

std::string dead_topic(std::string_view topic) {
  return fmt::format("{}{}", topic, kDeadSuffix);
}

std::string without_dead(std::string_view topic) {
  return std::string(topic.substr(0, topic.size() - kDeadSuffix.size()));
}

std::string given_up(int max_attempts) {
  return fmt::format("given out {} times without an ack", max_attempts);
}

/// RabbitMQ numbers no dead letters. Theirs grows with the time of death, to the millisecond, and
/// tells apart those that died in the same one (RabbitMQ itself tells the second only).
std::int64_t letter_id(const AmqpMessage& letter, const std::string& group) {
  constexpr int kTellingApart = 22;
  constexpr std::int64_t kSince2024Ms = 1'704'067'200'000;
  const std::int64_t ms = letter.died_unix_nano / kNanosecondsPerMillisecond - kSince2024Ms;
  const std::size_t hash = std::hash<std::string>()(fmt::format("{} {}", group, letter.id));
  return (std::max<std::int64_t>(ms, 0) << kTellingApart) +
         static_cast<std::int64_t>(hash & ((1U << kTellingApart) - 1));
}

}  // namespace

AmqpMessage to_amqp(const Message& message, std::int64_t id, std::int64_t published_unix_nano,
                    const RabbitmqNames& names) {
  const bool dead = is_dead_topic(message.topic);
  return {.exchange = dead ? names.dead_exchange() : names.exchange(),
          .routing_key = dead ? without_dead(message.topic) : message.topic,
          .id = id,
          .published_unix_nano = published_unix_nano,
          .topic = message.topic,
          .key = message.key,
          .body = message.body};
}

Delivery to_delivery(AmqpMessage message, std::int64_t lease, int max_attempts,
                     const RabbitmqNames& names) {
  std::string topic = std::move(message.topic);
  if (names.of_the_dead(message.exchange)) {
    topic = dead_topic(message.routing_key);
  } else if (!message.exchange.empty()) {
    topic = std::move(message.routing_key);
  }
  std::string reason = message.died_in.empty() ? std::move(message.reason) : given_up(max_attempts);
  return {.id = message.id,
          .lease = lease,
          .attempt = static_cast<int>(message.returns) + 1,
          .published_unix_nano =
              message.died_unix_nano > 0 ? message.died_unix_nano : message.published_unix_nano,
          .message = {std::move(topic), std::move(message.key), std::move(message.body)},
          .reason = std::move(reason)};
}

DeadLetter to_dead_letter(AmqpMessage message, const std::string& group, int max_attempts,
                          const RabbitmqNames& names) {
  // Where RabbitMQ itself gave up, the headers are still those with which it was published.
  const bool by_rabbitmq = !message.died_in.empty();
  const bool of_a_copy = message.died_in == names.copies(group);
  if (of_a_copy && !is_dead_topic(message.topic)) message.topic = dead_topic(message.topic);
  const std::int64_t died_ms = message.died_unix_nano / kNanosecondsPerMillisecond;
  return {.id = letter_id(message, group),
          .died_at = format_rfc3339(SystemTime(std::chrono::milliseconds(died_ms))),
          .group = group,
          .attempts = by_rabbitmq ? max_attempts : static_cast<int>(message.attempts),
          .reason = by_rabbitmq ? given_up(max_attempts) : std::move(message.reason),
          .message = {std::move(message.topic), std::move(message.key), std::move(message.body)}};
}

AmqpMessage to_dead(const Delivery& delivery, const std::string& group, const std::string& reason,
                    std::int64_t now_unix_nano, const RabbitmqNames& names) {
  const Message& message = delivery.message;
  const bool copy = is_dead_topic(message.topic);
  return {.exchange = copy ? "" : names.died(group),
          .routing_key = copy ? names.dead_letters(group) : message.topic,
          .id = delivery.id,
          .published_unix_nano = delivery.published_unix_nano,
          .topic = message.topic,
          .key = message.key,
          .body = message.body,
          .group = group,
          .reason = shortened_reason(reason),
          .attempts = delivery.attempt,
          .died_unix_nano = now_unix_nano};
}

AmqpMessage to_redriven(AmqpMessage letter, const std::string& group, const RabbitmqNames& names) {
  const bool copy = letter.died_in == names.copies(group) || is_dead_topic(letter.topic);
  if (copy && !is_dead_topic(letter.topic)) letter.topic = dead_topic(letter.topic);
  return {.exchange = "",
          .routing_key = copy ? names.copies(group) : names.queue(group),
          .id = letter.id,
          .published_unix_nano = letter.published_unix_nano,
          .topic = std::move(letter.topic),
          .key = std::move(letter.key),
          .body = std::move(letter.body)};
}

}  // namespace msdemo::messaging
