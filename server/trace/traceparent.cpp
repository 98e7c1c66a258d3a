#include "trace/traceparent.hpp"

#include <fmt/format.h>

namespace msdemo::trace {

namespace {

std::optional<unsigned> parse_hex2(std::string_view hex) {
  unsigned value = 0;
  for (const char c : hex) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && !(c >= 'a' && c <= 'f')) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(decimal ? c - '0' : c - 'a' + 10);
  }
  return value;
}

}  // namespace

std::optional<SpanContext> parse_traceparent(std::string_view header) {
  constexpr std::size_t kLength = 55;
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') {
    return std::nullopt;
  }
  const auto version = parse_hex2(header.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (*version == 0 && header.size() != kLength) return std::nullopt;
  if (header.size() > kLength && header[kLength] != '-') return std::nullopt;

  const auto trace_id = TraceId::from_hex(header.substr(3, 32));
  const auto span_id = SpanId::from_hex(header.substr(36, 16));
  const auto flags = parse_hex2(header.substr(53, 2));
  if (!trace_id || !span_id || !flags) return std::nullopt;
  return SpanContext{*trace_id, *span_id, (*flags & 1U) != 0};
}

std::string format_traceparent(const SpanContext& context) {
  return fmt::format("00-{}-{}-{:02x}", context.trace_id.hex(), context.span_id.hex(),
                     context.sampled ? 1 : 0);
}

std::string unsampled_traceparent(Rng& rng) {
  return format_traceparent({TraceId::random(rng), SpanId::random(rng)});
}

}  // namespace msdemo::trace
