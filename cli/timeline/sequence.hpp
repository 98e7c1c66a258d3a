// Who told whom, in order: the conversation of a trace, without its durations. It exists because a
// timeline shows where time went, and a sequence diagram what was said.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::timeline {

/// One thing that was said or done.
struct Step {
  enum class Kind {
    ask,     ///< a call, or a message on its way
    answer,  ///< what came back for it: a status, or an ack
    own,     ///< something that `from` did by itself
  };

  Kind kind = Kind::own;
  std::int64_t at_ns = 0;  ///< since the earliest span began
  std::string from;        ///< a service
  std::string to;          ///< another one; empty if it did it by itself
  std::string words;
  bool failed = false;
};

/// The steps by time: calls and answers, messages to the broker and from there to whoever took
/// them, acks, work on databases, and decisions. A call that nobody answered leads to whom it was
/// meant for; what never arrived is not told.
std::vector<Step> steps_of(std::span<const trace::SpanRecord> spans);

/// The steps as an SVG in the manner of draw_svg(): a line down for each service, an arrow across
/// for each step.
std::string draw_sequence(std::span<const trace::SpanRecord> spans, const std::string& title,
                          const std::string& subtitle);

}  // namespace msdemo::timeline
