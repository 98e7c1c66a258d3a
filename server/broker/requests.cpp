#include "broker/requests.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "contracts/fields.hpp"
#include "messaging/message_rules.hpp"
#include "messaging/names.hpp"

namespace msdemo::broker {

namespace {

using contracts::invalid;
using messaging::kNameRule;
using messaging::kPatternRule;
using messaging::Message;
using messaging::valid_name;
using messaging::valid_pattern;

Result<Json> parse_object(std::string_view body) {
  auto json = parse_json(body);
  if (!json) return json;
  if (!json->is_object()) return fail(Code::malformed_json, "the body must be a JSON object");
  return json;
}

/// A list of 1 to `most` items, taken out of `object`.
Result<Json> take_list(Json& object, const char* field, std::size_t most) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_array() || found->empty() || found->size() > most) {
    return invalid(field, fmt::format("a list of 1 to {}", most));
  }
  return std::move(*found);
}

/// The text of a field, taken out of `object`; null if it is missing or no text.
std::string* find_text(Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_string()) return nullptr;
  return found->get_ptr<std::string*>();
}

Result<std::int64_t> integer_of(const Json& object, const char* field, std::int64_t least,
                                std::int64_t most) {
  const auto found = object.find(field);
  const bool right = found != object.end() && found->is_number_unsigned() &&
                     found->get<std::uint64_t>() <= static_cast<std::uint64_t>(most) &&
                     found->get<std::int64_t>() >= least;
  if (!right) return invalid(field, fmt::format("an integer from {} to {}", least, most));
  return found->get<std::int64_t>();
}

/// A wrong field inside item `index` of `list`.
tl::unexpected<Error> invalid_in(std::string_view list, std::size_t index, std::string_view field,
                                 std::string_view rule) {
  return invalid(fmt::format("{}[{}].{}", list, index, field), rule);
}

Result<Message> message_of(Json& json, std::size_t index) {
  const auto wrong = [index](std::string_view field, std::string_view rule) {
    return invalid_in("messages", index, field, rule);
  };
  if (!json.is_object()) return invalid(fmt::format("messages[{}]", index), "an object");
  std::string* const topic = find_text(json, "topic");
  if (topic == nullptr) return wrong("topic", kNameRule);
  std::string* const key = find_text(json, "key");
  if (key == nullptr) return wrong("key", "text");
  std::string* const body = find_text(json, "body");
  if (body == nullptr) return wrong("body", "text");
  Message message{std::move(*topic), std::move(*key), std::move(*body)};
  if (auto checked = messaging::check_message(message, index); !checked) {
    return fail(std::move(checked.error()));
  }
  return message;
}

}  // namespace

Result<std::vector<Message>> parse_publish(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return fail(std::move(object.error()));
  auto list = take_list(*object, "messages", limits::kBatchMessages);
  if (!list) return fail(std::move(list.error()));
  std::vector<Message> messages;
  messages.reserve(list->size());
  for (Json& item : *list) {
    auto message = message_of(item, messages.size());
    if (!message) return fail(std::move(message.error()));
    messages.push_back(std::move(*message));
  }
  return messages;
}

Result<std::vector<std::string>> parse_subscribe(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return fail(std::move(object.error()));
  const auto list = take_list(*object, "topics", limits::kTopics);
  if (!list) return fail(list.error());
  std::vector<std::string> patterns;
  for (const Json& item : *list) {
    if (!item.is_string() || !valid_pattern(item.get_ref<const std::string&>())) {
      return invalid(fmt::format("topics[{}]", patterns.size()), kPatternRule);
    }
    patterns.push_back(item.get<std::string>());
  }
  return patterns;
}

Result<ReceiveRequest> parse_receive(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return fail(object.error());
  const auto max = integer_of(*object, "max", 1, limits::kBatchMessages);
  if (!max) return fail(max.error());
  const auto wait =
      integer_of(*object, "wait_ms", 0, std::chrono::milliseconds(limits::kReceiveWait).count());
  if (!wait) return fail(wait.error());
  return ReceiveRequest{static_cast<std::size_t>(*max), std::chrono::milliseconds(*wait)};
}

Result<SettleRequest> parse_settle(std::string_view body) {
  auto object = parse_object(body);
  if (!object) return fail(std::move(object.error()));
  const auto list = take_list(*object, "deliveries", limits::kBatchMessages);
  if (!list) return fail(list.error());
  SettleRequest request;
  request.deliveries.reserve(list->size());
  for (const Json& item : *list) {
    const auto id = integer_of(item, "id", 1, INT64_MAX);
    const auto lease = integer_of(item, "lease", 1, INT64_MAX);
    if (!id || !lease) {
      return invalid_in("deliveries", request.deliveries.size(), id ? "lease" : "id",
                        "as in the delivery that was received");
    }
    request.deliveries.push_back({*id, *lease});
  }
  if (object->contains("delay_ms")) {
    const auto delay =
        integer_of(*object, "delay_ms", 0, std::chrono::milliseconds(limits::kRetryDelay).count());
    if (!delay) return fail(delay.error());
    request.delay = std::chrono::milliseconds(*delay);
  }
  if (object->contains("reason")) {
    std::string* const reason = find_text(*object, "reason");
    if (reason == nullptr) return invalid("reason", "text");
    request.reason = std::move(*reason);
  }
  return request;
}

Result<std::string> check_name(std::string_view field, std::string_view text) {
  if (!valid_name(text)) return invalid(field, kNameRule);
  return std::string(text);
}

}  // namespace msdemo::broker
