// Whether two benches differ, or only look as if they did: every metric of every style is asked
// about, and the answers are corrected for having asked so often.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "load/bench.hpp"
#include "load/statistics.hpp"

namespace msdemo::load {

enum class Verdict {
  no_difference,  ///< chance alone would do as much too often
  different,      ///< it would not
  too_few,        ///< no values of so few runs could have shown a difference
};

/// One question: does this metric of this style differ?
struct MetricDiff {
  std::string style;
  std::string metric;  ///< `response p99`, `achieved`
  bool rate = false;   ///< per second, and more is better; else ms, and less is better
  std::size_t runs_a = 0;
  std::size_t runs_b = 0;
  double median_a = 0;
  double median_b = 0;
  double change_percent = 0;        ///< of b from a
  std::optional<Interval> ratio{};  ///< of the medians, b to a
  double probability = 1;           ///< Mann-Whitney's, of this question alone
  double adjusted = 1;              ///< Holm's, of all questions together
  Verdict verdict = Verdict::no_difference;

  std::string words() const;  ///< the verdict in plain words: what is so, and how likely by chance
};

struct BenchDiff {
  std::vector<MetricDiff> metrics;
  std::vector<std::string> warnings;  ///< what else differs, so that it may be the cause
  bool trusted = true;                ///< neither is INVALID or partial
};

/// Differences are looked for at the level of 5 % for all questions together.
BenchDiff compare(const Bench& a, const Bench& b);

Json to_json(const BenchDiff& diff);

/// The conclusion in one sentence.
std::string conclude(const BenchDiff& diff);

}  // namespace msdemo::load
