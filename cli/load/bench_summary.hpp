// What the repetitions of a bench come to: medians with the intervals that they allow, and the knee
// of each sweep. All reports say the same because all of them say this.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/bench.hpp"
#include "load/knee.hpp"
#include "load/statistics.hpp"

namespace msdemo::load {

/// One number that every run has, over all runs.
struct Estimate {
  std::optional<double> median{};      ///< if a run lacks it: of all runs together, or nothing
  std::optional<Interval> interval{};  ///< of the median, 95 %
  bool together = false;               ///< it is no median, but of all runs' samples together
};

/// Requests in the system by Little's law: what was counted should be rate times time.
struct LittleCheck {
  double counted = 0;
  double computed = 0;

  /// Whether they are within 5 % of each other.
  bool agrees() const;
};

struct StyleSummary {
  std::string style;
  std::size_t runs = 0;
  std::size_t invalid = 0;  ///< among the runs
  std::string invalid_because{};
  Estimate p50_ms{};
  Estimate p90_ms{};
  Estimate p99_ms{};
  Estimate p99_9_ms{};
  Estimate max_ms{};
  Estimate uncorrected_p50_ms{};
  Estimate uncorrected_p99_ms{};
  Estimate completion_p50_ms{};
  Estimate completion_p99_ms{};
  Estimate achieved_per_s{};
  double failed_percent = 0;            ///< of the starts of all runs together
  std::vector<Failures> failures{};     ///< of all runs, the most frequent first
  std::size_t incomplete = 0;           ///< accepted, but without a receipt
  std::optional<LittleCheck> little{};  ///< of all runs together; nothing without successes

  /// So many runs are invalid that its medians are not to be trusted: one of three.
  bool trusted() const { return invalid == 0 || invalid * 3 < runs; }
};

/// The points of one line in the plot of a sweep.
struct SweepLine {
  std::string style;
  bool completion = false;  ///< of the time until the work is done; else until the answer
  std::vector<SweepPoint> points{};
  std::vector<bool> valid{};  ///< of each point's run
  Knee knee{};
};

struct BenchSummary {
  std::vector<StyleSummary> styles{};  ///< as in Settings::styles
  std::vector<SweepLine> lines{};      ///< of the sweep; each style's completion after its response
  std::string tail;                    ///< which percentile the lines show: `p99`, `p90`, `p50`
  std::string invalid_because{};       ///< why the medians are not to be trusted; empty: they are

  const StyleSummary* find(std::string_view style) const;
};

BenchSummary summarize(const Bench& bench);

/// The conclusion in plain words, one sentence a line.
std::vector<std::string> conclude(const Bench& bench, const BenchSummary& summary);

/// What the difference between both kinds of latency means, in one sentence.
inline constexpr std::string_view kCorrectionNote =
    "Latency counts from when a request was meant to start; counted from when it was really sent, "
    "a stall hides from every request that had to wait because of it.";

}  // namespace msdemo::load
