// A trace in Chrome's Trace Event Format, which Perfetto and chrome://tracing open. It exists so
// that a long trace can be searched and zoomed with tools that are made for it.
#pragma once

#include <span>

#include "base/json.hpp"
#include "trace/span.hpp"

namespace msdemo::timeline {

/// `{"traceEvents":[…],"displayTimeUnit":"ms","otherData":{…}}`; times are microseconds since the
/// trace began. A service is a process (`M`), and its spans are complete events (`X`) on as many
/// threads as it takes for them to nest as they called each other; a message's stay in a queue is
/// an asynchronous slice (`b`, `e`; without an end while nobody has acked it); a decision is an
/// instant
/// (`i`). Flows (`s`, `t`, `f`) lead from a message's publication to every attempt to handle it,
/// and from a call to whoever answered. What never arrived is left out.
Json to_chrome_trace(std::span<const trace::SpanRecord> spans);

}  // namespace msdemo::timeline
