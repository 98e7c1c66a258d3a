#include "trace/ids.hpp"

#include <fmt/format.h>

#include <charconv>

namespace msdemo::trace {

namespace {

/// Exactly 16 lower-case hex digits; upper case is not valid in these formats.
std::optional<std::uint64_t> parse_hex16(std::string_view hex) {
  if (hex.size() != 16) return std::nullopt;
  for (const char c : hex) {
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!digit) return std::nullopt;
  }
  std::uint64_t value = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  return value;
}

}  // namespace

std::string TraceId::hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

TraceId TraceId::random(Rng& rng) {
  TraceId id;
  while (!id.valid()) id = TraceId{rng.next(), rng.next()};
  return id;
}

std::optional<TraceId> TraceId::from_hex(std::string_view hex) {
  if (hex.size() != 32) return std::nullopt;
  const auto high = parse_hex16(hex.substr(0, 16));
  const auto low = parse_hex16(hex.substr(16));
  if (!high || !low || (*high | *low) == 0) return std::nullopt;
  return TraceId{*high, *low};
}

std::string SpanId::hex() const {
  return fmt::format("{:016x}", value);
}

SpanId SpanId::random(Rng& rng) {
  SpanId id;
  while (!id.valid()) id = SpanId{rng.next()};
  return id;
}

std::optional<SpanId> SpanId::from_hex(std::string_view hex) {
  const auto value = parse_hex16(hex);
  if (!value || *value == 0) return std::nullopt;
  return SpanId{*value};
}

}  // namespace msdemo::trace
