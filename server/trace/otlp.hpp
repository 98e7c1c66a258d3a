// Spans as OTLP/HTTP JSON, written and read: what every OpenTelemetry backend understands.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "trace/span.hpp"

namespace msdemo::trace {

/// An attribute of a call whose callee is known to record no spans, so that none is missing.
inline constexpr std::string_view kUntracedPeer = "msdemo.peer.untraced";

/// An ExportTraceServiceRequest in OTLP's JSON mapping (opentelemetry-proto, docs/specification.md,
/// "JSON Protobuf Encoding"): ids as hex, 64-bit integers as decimal strings, enums as integers.
std::string to_otlp_json(std::span<const SpanRecord> spans);

/// The spans of such a request, from any exporter: unknown fields are ignored, 64-bit integers may
/// be numbers or strings, attributes that are arrays or maps are kept as their JSON text. A span
/// without valid ids fails the whole request with invalid_field, naming the span.
Result<std::vector<SpanRecord>> from_otlp_json(std::string_view body);

}  // namespace msdemo::trace
