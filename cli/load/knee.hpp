// Where a service stops keeping up with what is asked of it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace msdemo::load {

/// What one rate of a sweep led to.
struct SweepPoint {
  double offered_per_s = 0;
  double achieved_per_s = 0;
  double failed_share = 0;
  std::optional<double> tail_ms{};  ///< a high percentile, the same one at every rate
};

/// The knee is the highest rate that is kept up with, as are all below it.
struct Knee {
  std::optional<double> rate_per_s{};   ///< nothing: not even the lowest rate is kept up with
  std::optional<double> first_above{};  ///< nothing: all rates are kept up with
  std::string because{};                ///< what happens at `first_above`, as in `12 % fail`
};

/// The rule by which find_knee() decides, in one sentence.
inline constexpr std::string_view kKneeRule =
    "A rate is kept up with while at least 95 % of it is achieved, at most 1 % of the requests "
    "fail, and the slow ones take at most five times as long as at the lowest rate.";

/// `points` ascend by their rate.
Knee find_knee(std::span<const SweepPoint> points);

}  // namespace msdemo::load
