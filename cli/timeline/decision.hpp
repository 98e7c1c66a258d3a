// What decided, as the services said it themselves: the events of spans that carry a rule. It
// exists so that the timeline and `why` tell the same sentences in the same order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::timeline {

/// An event `policy.…` or `fault.…` with the attribute `rule`; docs/reference/why.md lists them.
struct Decision {
  trace::SpanId span_id;
  std::string service;
  std::string span;        ///< the span's name
  std::string name;        ///< the event's: `policy.retry`
  std::string rule;        ///< one sentence with its numbers
  std::int64_t at_ns = 0;  ///< since the earliest span began

  bool is_policy() const { return name.starts_with("policy."); }
};

/// The decisions of a trace by time. Of spans with the same id the first counts.
std::vector<Decision> decisions_of(std::span<const trace::SpanRecord> spans);

/// When the earliest span began; 0 without any.
std::int64_t beginning_of(std::span<const trace::SpanRecord> spans);

}  // namespace msdemo::timeline
