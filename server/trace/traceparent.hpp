// The `traceparent` header: how a trace crosses from one process to the next.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "trace/ids.hpp"

namespace msdemo::trace {

/// Reads a `traceparent` (W3C Trace Context, level 1, section 3.2). A malformed one is nothing:
/// the specification says to start a new trace then. Later versions than 00 may carry more fields.
std::optional<SpanContext> parse_traceparent(std::string_view header);

/// Writes version 00: `00-<trace id>-<span id>-<flags>`.
std::string format_traceparent(const SpanContext& context);

/// A new trace that nobody is to record: for requests that are no part of what people look at.
std::string unsampled_traceparent(Rng& rng);

}  // namespace msdemo::trace
