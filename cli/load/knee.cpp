#include "load/knee.hpp"

#include <fmt/format.h>

namespace msdemo::load {

namespace {

constexpr double kAchieved = 0.95;
constexpr double kFailed = 0.01;
constexpr double kSlower = 5;

/// Why this rate is not kept up with; empty if it is.
std::string trouble(const SweepPoint& point, const std::optional<double>& lowest_ms) {
  constexpr double kPercent = 100;
  if (point.failed_share > kFailed) {
    return fmt::format("{:.0f} % fail", point.failed_share * kPercent);
  }
  if (point.achieved_per_s < kAchieved * point.offered_per_s) {
    return fmt::format("only {:.0f} % of it is achieved",
                       point.achieved_per_s / point.offered_per_s * kPercent);
  }
  if (lowest_ms && point.tail_ms && *point.tail_ms > kSlower * *lowest_ms) {
    return fmt::format("slow ones take {:.0f} times as long", *point.tail_ms / *lowest_ms);
  }
  return {};
}

}  // namespace

Knee find_knee(std::span<const SweepPoint> points) {
  Knee knee;
  for (const SweepPoint& point : points) {
    knee.because = trouble(point, points.front().tail_ms);
    if (!knee.because.empty()) {
      knee.first_above = point.offered_per_s;
      break;
    }
    knee.rate_per_s = point.offered_per_s;
  }
  return knee;
}

}  // namespace msdemo::load
