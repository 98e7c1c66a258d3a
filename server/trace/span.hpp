// A finished span, in OpenTelemetry's terms, and where finished spans go.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "trace/ids.hpp"

namespace msdemo::trace {

/// The numbers are OTLP's.
enum class SpanKind { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };
enum class SpanStatus { unset = 0, ok = 1, error = 2 };

using AttributeValue = std::variant<std::string, std::int64_t, double, bool>;
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;

struct SpanEvent {
  std::string name;
  std::int64_t time_unix_nano = 0;
  Attributes attributes;
};

struct SpanRecord {
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_span_id;  ///< not valid() for the root
  std::string service;    ///< `user`, `order`, `client`, …
  std::string name;       ///< low cardinality: `GET /users/{id}`, never `GET /users/7`
  SpanKind kind = SpanKind::internal;
  std::int64_t start_unix_nano = 0;
  std::int64_t end_unix_nano = 0;
  SpanStatus status = SpanStatus::unset;
  std::string status_message;
  Attributes attributes;
  std::vector<SpanEvent> events;
};

/// Where finished spans go. Implementations may block for as long as their own deadline says, are
/// called from one thread at a time, and lose spans rather than fail: `deliver` says whether the
/// batch arrived, and nobody retries.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual bool deliver(std::span<const SpanRecord> batch) = 0;
};

}  // namespace msdemo::trace
