#include "messaging/event.hpp"

#include <fmt/format.h>

namespace msdemo::messaging {

namespace {

tl::unexpected<Error> not_an_event(std::string_view why) {
  return fail(Code::invalid_message, fmt::format("not a CloudEvents 1.0 event: {}", why));
}

/// A text attribute; empty if it is absent and may be.
Result<std::string> text_of(const Json& json, const char* name, bool required) {
  const auto found = json.find(name);
  const bool absent = found == json.end() || found->is_null();
  if (absent && !required) return std::string();
  if (absent || !found->is_string() || found->get_ref<const std::string&>().empty()) {
    return not_an_event(fmt::format("{} must be a text of one character or more", name));
  }
  return found->get<std::string>();
}

}  // namespace

std::string to_text(const Event& event) {
  Json json = {{"specversion", "1.0"},
               {"id", event.id},
               {"source", event.source},
               {"type", event.type},
               {"time", event.time},
               {"datacontenttype", "application/json"},
               {"correlationid", event.correlation_id},
               {"partitionkey", event.partition_key}};
  if (!event.traceparent.empty()) json["traceparent"] = event.traceparent;
  json["data"] = event.data;
  return dump_json(json);
}

Result<Event> parse_event(std::string_view body) {
  auto json = parse_json(body);
  if (!json) return not_an_event(json.error().message);
  if (!json->is_object()) return not_an_event("it is no JSON object");
  if (json->value("specversion", Json()) != "1.0") return not_an_event("specversion must be 1.0");
  Event event;
  struct Attribute {
    const char* name;
    std::string Event::*member;
    bool required;
  };
  static constexpr Attribute kAttributes[] = {
      {"id", &Event::id, true},
      {"source", &Event::source, true},
      {"type", &Event::type, true},
      {"time", &Event::time, false},
      {"correlationid", &Event::correlation_id, false},
      {"partitionkey", &Event::partition_key, false},
      {"traceparent", &Event::traceparent, false},
  };
  for (const Attribute& attribute : kAttributes) {
    auto text = text_of(*json, attribute.name, attribute.required);
    if (!text) return fail(std::move(text.error()));
    event.*attribute.member = std::move(*text);
  }
  event.data = std::move((*json)["data"]);
  return event;
}

}  // namespace msdemo::messaging
