#include "timeline/span_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "trace/otlp.hpp"

namespace msdemo::timeline {
namespace {

using trace::AttributeValue;
using trace::SpanKind;
using trace::SpanRecord;

constexpr std::int64_t kLongest_ns = std::int64_t{1} << 61;

const AttributeValue* find(const trace::Attributes& attributes, std::string_view key) {
  for (const auto& [name, value] : attributes) {
    if (name == key) return &value;
  }
  return nullptr;
}

const AttributeValue* find(const SpanRecord& span, std::string_view key) {
  return find(span.attributes, key);
}

}  // namespace

std::int64_t since(std::int64_t origin, std::int64_t time) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(time, origin, &difference)) {
    return time > origin ? kLongest_ns : -kLongest_ns;
  }
  return std::clamp(difference, -kLongest_ns, kLongest_ns);
}

std::string text_of(const trace::Attributes& attributes, std::string_view key) {
  const AttributeValue* value = find(attributes, key);
  if (value == nullptr) return {};
  return std::visit([](const auto& held) -> std::string { return fmt::format("{}", held); },
                    *value);
}

std::string text_of(const SpanRecord& span, std::string_view key) {
  return text_of(span.attributes, key);
}

std::optional<std::int64_t> integer_of(const SpanRecord& span, std::string_view key) {
  const AttributeValue* value = find(span, key);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

bool is_call(const SpanRecord& span) {
  if (span.kind != SpanKind::client || find(span, "db.system.name") != nullptr) return false;
  return find(span, "http.request.method") != nullptr || find(span, "server.address") != nullptr;
}

bool asks_untraced(const SpanRecord& span) {
  return is_call(span) && find(span, trace::kUntracedPeer) != nullptr;
}

bool expects_callee(const SpanRecord& span) {
  return is_call(span) && text_of(span, "error.type") != "unreachable" && !asks_untraced(span);
}

std::string callee_of(const SpanRecord& span) {
  std::string peer = text_of(span, "peer.service");
  if (!peer.empty()) return peer;
  const std::string port = text_of(span, "server.port");
  peer = text_of(span, "server.address");
  return port.empty() ? peer : fmt::format("{}:{}", peer, port);
}

std::string failure_of(const SpanRecord& span) {
  if (!span.status_message.empty()) return span.status_message;
  const std::string type = text_of(span, "error.type");
  if (!type.empty()) return type;
  const std::string status = text_of(span, "http.response.status_code");
  return status.empty() ? "failed" : fmt::format("answered {}", status);
}

bool is_queue(const SpanRecord& span) {
  return span.kind == SpanKind::internal && find(span, "messaging.destination.name") != nullptr;
}

bool carries_message(const SpanRecord& span) {
  return span.kind == SpanKind::consumer || is_queue(span);
}

bool begins_in_its_process(const SpanRecord& span) {
  return span.kind == SpanKind::server || carries_message(span);
}

std::string topic_of(const SpanRecord& span) {
  std::string topic = text_of(span, "messaging.destination.name");
  return topic.empty() ? span.name.substr(span.name.find(' ') + 1) : topic;
}

std::int64_t attempt_of(const SpanRecord& span) {
  return integer_of(span, "messaging.delivery.attempt").value_or(0);
}

}  // namespace msdemo::timeline
