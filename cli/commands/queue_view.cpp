#include "commands/queue_view.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "commands/message_sizes.hpp"
#include "commands/table.hpp"
#include "contracts/messages.hpp"
#include "timeline/terminal.hpp"

namespace msdemo::commands {

namespace {

using messaging::DeadLetter;
using messaging::PeekedMessage;
using messaging::QueueState;

bool shown(const QueueState& queue) {
  const bool dead_topic = std::string_view(queue.topic).ends_with(contracts::topics::kDeadSuffix);
  return !dead_topic || queue.ready + queue.in_flight.value_or(0) + queue.dead.value_or(0) > 0;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string age(const QueueState& queue) {
  constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
  if (!queue.oldest_age_ms) return "-";
  return timeline::format_duration(*queue.oldest_age_ms * kNanosecondsPerMillisecond);
}

/// What an engine cannot tell is a dash.
std::string count(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "-";
}

std::string rates(const QueueState& queue) {
  if (!queue.published_per_s || !queue.acked_per_s) return "-";
  return fmt::format("{:.1f}/{:.1f}", *queue.published_per_s, *queue.acked_per_s);
}

/// Two blanks before each line, so that a body cannot pass for a headline.
std::string indent(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += fmt::format("  {}\n", escape_control(text.substr(0, end)));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return out;
}

std::string body_of(const messaging::Message& message) {
  const auto json = parse_json(message.body);
  return indent(json ? json->dump(2, ' ', false, Json::error_handler_t::replace) : message.body);
}

std::string key_of(const messaging::Message& message) {
  return message.key.empty() ? "no key" : "key " + escape_control(message.key);
}

}  // namespace

std::string format_queues(std::span<const QueueState> queues) {
  std::vector<std::vector<std::string>> cells = {
      {"TOPIC", "GROUP", "READY", "IN FLIGHT", "DEAD", "OLDEST", "RATE IN/OUT", "REDELIVERED"}};
  for (const QueueState& queue : queues) {
    if (!shown(queue)) continue;
    cells.push_back({queue.topic, or_dash(queue.group), std::to_string(queue.ready),
                     count(queue.in_flight), count(queue.dead), age(queue), rates(queue),
                     count(queue.redelivered)});
  }
  return cells.size() == 1 ? "" : format_table(cells, "<<>>>>>>");
}

std::string format_message(const PeekedMessage& message) {
  return fmt::format("message {} · published {} · {} · {} · {} {} · {}\n{}", message.id,
                     message.published_at,
                     message.group.empty() ? "no group" : "group " + message.group, message.state,
                     message.attempts, message.attempts == 1 ? "attempt" : "attempts",
                     key_of(message.message), body_of(message.message));
}

std::string format_sizes(std::span<const PeekedMessage> messages) {
  std::vector<std::vector<std::string>> cells = {
      {"ID", "BYTES OF", "JSON", "MESSAGEPACK", "CBOR", "VALUES ONLY"}};
  const auto add = [&cells](const std::string& id, const char* part, const Json& content) {
    const MessageSizes sizes = sizes_of(content);
    cells.push_back({id, part, std::to_string(sizes.json), std::to_string(sizes.msgpack),
                     std::to_string(sizes.cbor), std::to_string(sizes.values)});
  };
  for (const PeekedMessage& message : messages) {
    const auto event = parse_json(message.message.body);
    if (!event) continue;  // it is no JSON, and has no other form
    add(std::to_string(message.id), "the whole message", *event);
    if (event->is_object() && event->contains("data")) add("", "its data", event->at("data"));
  }
  return cells.size() == 1 ? "" : format_table(cells, "><>>>>");
}

std::string format_letter(const DeadLetter& letter) {
  return fmt::format("dead letter {} · {} · group {} · died {} · {} {} · {}\nreason: {}\n{}",
                     letter.id, letter.message.topic, letter.group, letter.died_at, letter.attempts,
                     letter.attempts == 1 ? "attempt" : "attempts", key_of(letter.message),
                     escape_control(letter.reason), body_of(letter.message));
}

std::string format_letters(std::span<const DeadLetter> letters) {
  std::vector<std::vector<std::string>> cells = {
      {"ID", "TOPIC", "GROUP", "ATTEMPTS", "DIED", "REASON"}};
  for (const DeadLetter& letter : letters) {
    cells.push_back({std::to_string(letter.id), letter.message.topic, letter.group,
                     std::to_string(letter.attempts), letter.died_at, letter.reason});
  }
  return format_table(cells, "><<>");
}

}  // namespace msdemo::commands
