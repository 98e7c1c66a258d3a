#include "timeline/decision.hpp"

#include <algorithm>
#include <unordered_set>

#include "timeline/span_reading.hpp"

namespace msdemo::timeline {

std::vector<Decision> decisions_of(std::span<const trace::SpanRecord> spans) {
  const std::int64_t origin = beginning_of(spans);
  std::unordered_set<std::uint64_t> seen;
  std::vector<Decision> decisions;
  for (const trace::SpanRecord& span : spans) {
    if (!seen.insert(span.span_id.value).second) continue;
    for (const trace::SpanEvent& event : span.events) {
      if (!event.name.starts_with("policy.") && !event.name.starts_with("fault.")) continue;
      std::string rule = text_of(event.attributes, "rule");
      if (rule.empty()) continue;
      decisions.push_back({span.span_id, span.service, span.name, event.name, std::move(rule),
                           since(origin, event.time_unix_nano)});
    }
  }
  std::ranges::stable_sort(decisions, {}, &Decision::at_ns);
  return decisions;
}

std::int64_t beginning_of(std::span<const trace::SpanRecord> spans) {
  if (spans.empty()) return 0;
  return std::ranges::min_element(spans, {}, &trace::SpanRecord::start_unix_nano)->start_unix_nano;
}

}  // namespace msdemo::timeline
