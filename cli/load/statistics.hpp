// What repeated measurements allow to be said. Nothing here assumes how the values are distributed:
// latencies have long tails, and a handful of runs cannot show which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace msdemo::load {

struct Interval {
  double low = 0;
  double high = 0;

  bool operator==(const Interval&) const = default;
};

/// The middle value, or the mean of both; nothing if there is none.
std::optional<double> median(std::span<const double> values);

/// Fewer values than this have no interval for their median that is right 95 times of 100.
inline constexpr std::size_t kIntervalMin = 6;

/// An interval that holds the true median at least 95 times of 100: between two order statistics,
/// as many from below as from above, so that each is missed as often as coins fall that way (David
/// & Nagaraja: "Order Statistics", 3rd edition, section 7.1). Nothing below kIntervalMin values.
std::optional<Interval> median_interval(std::span<const double> values);

/// How likely chance alone makes two samples as different as these, in either direction, when both
/// come from the same distribution (Mann & Whitney: "On a test of whether one of two random
/// variables is stochastically larger than the other", 1947). Exact for small samples without ties,
/// else by the normal approximation with corrections for ties and continuity. 1 if one is empty.
double mann_whitney(std::span<const double> a, std::span<const double> b);

/// The smallest value that mann_whitney() can have for samples of these sizes.
double smallest_mann_whitney(std::size_t a, std::size_t b);

/// The same probabilities when all these questions were asked at once, each so that the chance of
/// even one false alarm among them is what it says (Holm: "A simple sequentially rejective multiple
/// test procedure", 1979). In their order.
std::vector<double> holm(std::span<const double> probabilities);

/// An interval for median(b) / median(a) that is right about 95 times of 100: the middle of what
/// samples drawn again from these give (Efron's percentile bootstrap). Values are more than 0;
/// nothing if one sample has fewer than kIntervalMin.
std::optional<Interval> ratio_interval(std::span<const double> a, std::span<const double> b,
                                       std::uint64_t seed);

}  // namespace msdemo::load
