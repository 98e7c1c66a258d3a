// How commands get a trace from the lab and show it.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "commands/program.hpp"
#include "lab/client.hpp"
#include "timeline/layout.hpp"
#include "trace/span.hpp"

namespace msdemo::commands {

/// Whether waiting for more spans is useless.
using EnoughSpans = std::function<bool(std::span<const trace::SpanRecord>)>;

/// The spans of a trace; waits up to `wait` until they are enough: by default for those that others
/// refer to.
Result<std::vector<trace::SpanRecord>> wait_for_trace(
    lab::Lab& lab, const std::string& trace_id, std::chrono::milliseconds wait = limits::kTraceWait,
    const EnoughSpans& enough = timeline::complete);

/// As wait_for_trace(), but a trace without any span is an error that says what to do.
Result<std::vector<trace::SpanRecord>> find_trace(lab::Lab& lab, const std::string& trace_id);

/// The timeline as wide as the terminal, for stdout.
std::string draw_trace(const Program& program, const std::vector<trace::SpanRecord>& spans,
                       std::vector<std::string> title);

/// `{"trace_id","spans":[…]}` as docs/reference/json.md fixes it.
Json to_json(const std::string& trace_id, const std::vector<trace::SpanRecord>& spans);

}  // namespace msdemo::commands
