// Trace and span ids as the W3C Trace Context recommendation defines them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.hpp"

namespace msdemo::trace {

/// 16 bytes, not all zero; 32 lower-case hex digits when written.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool valid() const { return (high | low) != 0; }
  std::string hex() const;
  static TraceId random(Rng& rng);
  static std::optional<TraceId> from_hex(std::string_view hex);
  auto operator<=>(const TraceId&) const = default;
};

/// 8 bytes, not all zero; 16 lower-case hex digits when written.
struct SpanId {
  std::uint64_t value = 0;

  bool valid() const { return value != 0; }
  std::string hex() const;
  static SpanId random(Rng& rng);
  static std::optional<SpanId> from_hex(std::string_view hex);
  auto operator<=>(const SpanId&) const = default;
};

/// What one process tells the next about the span it is in.
struct SpanContext {
  TraceId trace_id;
  SpanId span_id;
  bool sampled = false;
};

}  // namespace msdemo::trace
