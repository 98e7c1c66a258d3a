// Why an order, or any other request, ended as it did. It exists so that nobody has to read a trace
// to learn which rule decided: the rules' own sentences are put in order, and what is said beyond
// them is measured. It never guesses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "timeline/decision.hpp"
#include "trace/span.hpp"

namespace msdemo::timeline {

/// How often something was tried: a call by its caller, or a message by its consumers.
struct Attempts {
  std::string service;  ///< who called; the group that consumes
  std::string peer;     ///< whom it called; empty for a message
  std::string name;     ///< `GET /users/{id}`; a message's topic
  std::int64_t attempts = 0;
  std::int64_t failed = 0;  ///< of those that told
};

struct Explanation {
  std::optional<std::int64_t> order_id;
  bool rejected = false;              ///< by message: why is known only to the order itself
  std::string headline;               ///< one sentence: what came of it, and what decided that
  std::vector<Decision> decisions;    ///< by time
  std::vector<std::string> measured;  ///< sentences
  std::vector<Attempts> attempts;     ///< by time; calls before messages
};

/// Explains the trace; there must be at least one span. `reason` is why the order was rejected, as
/// it says itself.
Explanation explain(std::span<const trace::SpanRecord> spans, std::string_view reason = {});

/// The explanation for a terminal: headline, rules by number, measurements.
std::string format_explanation(const Explanation& explanation, int columns, bool color);

}  // namespace msdemo::timeline
