// `--fail-if 'p99>50ms'`: what a person expects of a bench, so that a script can stop at it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "load/bench_summary.hpp"

namespace msdemo::commands {

/// A condition under which a bench counts as failed.
struct Threshold {
  std::string text;                                        ///< as it was typed
  load::Estimate load::StyleSummary::*estimate = nullptr;  ///< null: the share of failures
  bool above = true;                                       ///< it fails above `value`, else below
  double value = 0;                                        ///< in the metric's own unit: ms, %, /s
  enum class Unit { ms, percent, per_s } unit = Unit::ms;
};

/// Reads `p99>50ms`, `failed%>1`, `achieved<380`. Fails with usage, telling the rule.
Result<Threshold> parse_threshold(std::string_view text);

/// Why the bench failed: a sentence for every style whose median is beyond a threshold, or has no
/// such percentile. Empty if none is.
std::vector<std::string> broken_thresholds(const std::vector<Threshold>& thresholds,
                                           const load::BenchSummary& summary);

}  // namespace msdemo::commands
