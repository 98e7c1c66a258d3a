#include "trace/otlp.hpp"

#include <map>

#include "base/json.hpp"
#include "base/text.hpp"

namespace msdemo::trace {

namespace {

Json value_json(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return {{"stringValue", *text}};
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return {{"intValue", std::to_string(*number)}};
  }
  if (const auto* real = std::get_if<double>(&value)) return {{"doubleValue", *real}};
  return {{"boolValue", std::get<bool>(value)}};
}

Json attributes_json(const Attributes& attributes) {
  Json list = Json::array();
  for (const auto& [key, value] : attributes) {
    list.push_back({{"key", key}, {"value", value_json(value)}});
  }
  return list;
}

Json span_json(const SpanRecord& span) {
  Json json = {{"traceId", span.trace_id.hex()},
               {"spanId", span.span_id.hex()},
               {"name", span.name},
               {"kind", static_cast<int>(span.kind)},
               {"startTimeUnixNano", std::to_string(span.start_unix_nano)},
               {"endTimeUnixNano", std::to_string(span.end_unix_nano)},
               {"attributes", attributes_json(span.attributes)},
               {"status", Json::object()}};
  if (span.parent_span_id.valid()) json["parentSpanId"] = span.parent_span_id.hex();
  if (span.status != SpanStatus::unset) json["status"]["code"] = static_cast<int>(span.status);
  if (!span.status_message.empty()) json["status"]["message"] = span.status_message;
  for (const SpanEvent& event : span.events) {
    json["events"].push_back({{"name", event.name},
                              {"timeUnixNano", std::to_string(event.time_unix_nano)},
                              {"attributes", attributes_json(event.attributes)}});
  }
  return json;
}

// Reading. A missing or oddly typed part becomes its default: only ids are essential.

const Json& member(const Json& object, const char* key) {
  static const Json null;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : null;
}

const Json& list(const Json& object, const char* key) {
  static const Json empty = Json::array();
  const Json& value = member(object, key);
  return value.is_array() ? value : empty;
}

std::string text(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t integer(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (value.is_number()) return value.get<std::int64_t>();
  return value.is_string() ? parse_integer(value.get_ref<const std::string&>()).value_or(0) : 0;
}

AttributeValue read_value(const Json& value) {
  if (const Json& inner = member(value, "stringValue"); inner.is_string()) {
    return inner.get<std::string>();
  }
  if (!member(value, "intValue").is_null()) return integer(value, "intValue");
  if (const Json& inner = member(value, "doubleValue"); inner.is_number()) {
    return inner.get<double>();
  }
  if (const Json& inner = member(value, "boolValue"); inner.is_boolean()) return inner.get<bool>();
  return dump_json(value);
}

Attributes read_attributes(const Json& object) {
  Attributes attributes;
  for (const Json& entry : list(object, "attributes")) {
    attributes.emplace_back(text(entry, "key"), read_value(member(entry, "value")));
  }
  return attributes;
}

/// `value` as the enumeration `Enum` if it lies in first…last, else `otherwise`.
template <class Enum>
Enum read_enum(std::int64_t value, Enum first, Enum last, Enum otherwise) {
  const bool known =
      value >= static_cast<std::int64_t>(first) && value <= static_cast<std::int64_t>(last);
  return known ? static_cast<Enum>(value) : otherwise;
}

Result<SpanRecord> read_span(const Json& json, const std::string& service) {
  const auto trace_id = TraceId::from_hex(text(json, "traceId"));
  const auto span_id = SpanId::from_hex(text(json, "spanId"));
  if (!trace_id || !span_id) {
    return fail(Error{.code = Code::invalid_field,
                      .message = "a span needs a traceId of 32 and a spanId of 16 hex digits",
                      .field = "resourceSpans.scopeSpans.spans"});
  }
  SpanRecord span;
  span.trace_id = *trace_id;
  span.span_id = *span_id;
  span.parent_span_id = SpanId::from_hex(text(json, "parentSpanId")).value_or(SpanId{});
  span.service = service;
  span.name = text(json, "name");
  span.kind =
      read_enum(integer(json, "kind"), SpanKind::internal, SpanKind::consumer, SpanKind::internal);
  span.start_unix_nano = integer(json, "startTimeUnixNano");
  span.end_unix_nano = integer(json, "endTimeUnixNano");
  const Json& status = member(json, "status");
  span.status =
      read_enum(integer(status, "code"), SpanStatus::unset, SpanStatus::error, SpanStatus::unset);
  span.status_message = text(status, "message");
  span.attributes = read_attributes(json);
  for (const Json& event : list(json, "events")) {
    span.events.push_back(
        {text(event, "name"), integer(event, "timeUnixNano"), read_attributes(event)});
  }
  return span;
}

}  // namespace

std::string to_otlp_json(std::span<const SpanRecord> spans) {
  std::map<std::string, Json> by_service;
  for (const SpanRecord& span : spans) by_service[span.service].push_back(span_json(span));

  Json resources = Json::array();
  for (auto& [service, list_of_spans] : by_service) {
    const Attributes resource = {{"service.name", service}};
    const Json scope = {{"scope", {{"name", "msdemo"}}}, {"spans", std::move(list_of_spans)}};
    resources.push_back({{"resource", {{"attributes", attributes_json(resource)}}},
                         {"scopeSpans", Json::array({scope})}});
  }
  return dump_json({{"resourceSpans", std::move(resources)}});
}

Result<std::vector<SpanRecord>> from_otlp_json(std::string_view body) {
  auto document = parse_json(body);
  if (!document) return fail(std::move(document.error()));

  std::vector<SpanRecord> spans;
  for (const Json& resource : list(*document, "resourceSpans")) {
    std::string service = "unknown_service";
    for (const auto& [key, value] : read_attributes(member(resource, "resource"))) {
      if (key == "service.name" && std::holds_alternative<std::string>(value)) {
        service = std::get<std::string>(value);
      }
    }
    for (const Json& scope : list(resource, "scopeSpans")) {
      for (const Json& json : list(scope, "spans")) {
        auto span = read_span(json, service);
        if (!span) return fail(std::move(span.error()));
        spans.push_back(std::move(*span));
      }
    }
  }
  return spans;
}

}  // namespace msdemo::trace
