#include "messaging/message_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "contracts/fields.hpp"
#include "messaging/names.hpp"

namespace msdemo::messaging {

namespace {

using contracts::invalid;

tl::unexpected<Error> wrong(std::size_t index, std::string_view field, std::string_view rule) {
  return invalid(fmt::format("messages[{}].{}", index, field), rule);
}

}  // namespace

Result<void> check_message(const Message& message, std::size_t index) {
  if (!valid_name(message.topic)) return wrong(index, "topic", kNameRule);
  if (message.key.size() > limits::kPartitionKeyBytes) {
    return wrong(index, "key", fmt::format("text of up to {} bytes", limits::kPartitionKeyBytes));
  }
  if (message.body.size() > limits::kMessageBytes) {
    return fail(Error{.code = Code::body_too_large,
                      .message = fmt::format("messages[{}].body has {} bytes; up to {} are allowed",
                                             index, message.body.size(), limits::kMessageBytes),
                      .field = fmt::format("messages[{}].body", index)});
  }
  return {};
}

Result<void> check_utf8(const Message& message, std::size_t index) {
  if (!count_code_points(message.key)) return wrong(index, "key", "valid UTF-8");
  if (!count_code_points(message.body)) return wrong(index, "body", "valid UTF-8");
  return {};
}

Result<void> check_messages(std::span<const Message> batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (auto checked = check_message(batch[i], i); !checked) return checked;
    if (auto checked = check_utf8(batch[i], i); !checked) return checked;
  }
  return {};
}

Result<void> check_subscription(const std::string& group, std::span<const std::string> topics) {
  if (!valid_name(group)) return invalid("group", kNameRule);
  if (topics.empty() || topics.size() > limits::kTopics) {
    return invalid("topics", fmt::format("a list of 1 to {}", limits::kTopics));
  }
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (!valid_pattern(topics[i])) return invalid(fmt::format("topics[{}]", i), kPatternRule);
  }
  return {};
}

Result<void> check_topic(const std::string& topic) {
  if (!valid_name(topic)) return invalid("topic", kNameRule);
  return {};
}

std::string exhausted_reason(std::int64_t attempts, bool retried) {
  return fmt::format("given out {} times, and {}", attempts,
                     retried ? "still to be retried" : "its consumers died or never answered");
}

std::string shortened_reason(const std::string& reason) {
  std::size_t size = std::min(reason.size(), limits::kReasonBytes);
  while (size > 0 && size < reason.size() && (reason[size] & 0xc0) == 0x80) --size;
  return reason.substr(0, size);
}

}  // namespace msdemo::messaging
