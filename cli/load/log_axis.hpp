// A logarithmic axis: what is on it, where, and which round numbers to write beside it. The plots
// of the terminal and of the browser share it, so that both have the same ticks.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace msdemo::load {

class LogAxis {
 public:
  /// `value` is more than 0.
  void include(double value) {
    low_ = low_ == 0 ? value : std::min(low_, value);
    high_ = std::max(high_, value);
  }

  /// Whether it has no length.
  bool empty() const { return low_ <= 0 || high_ <= low_; }
  bool holds(double value) const { return value >= low_ && value <= high_; }

  /// Outwards to a tick on both sides.
  void widen() {
    if (low_ <= 0) return;
    const double decade = decade_of(low_);
    low_ = low_ >= 3 * decade ? 3 * decade : decade;
    double end = next(low_);
    while (end < high_) end = next(end);
    high_ = end;
  }

  /// 0 at one end, 1 at the other.
  double at(double value) const { return std::log(value / low_) / std::log(high_ / low_); }

  /// Every 1 and 3 of each decade. After widen().
  std::vector<double> ticks() const {
    std::vector<double> all;
    constexpr double kRounding = 1.001;
    for (double tick = low_; tick > 0 && tick <= high_ * kRounding; tick = next(tick)) {
      all.push_back(tick);
    }
    return all;
  }

 private:
  static double decade_of(double value) {
    constexpr double kRounding = 1e-9;
    return std::pow(10.0, std::floor(std::log10(value) + kRounding));
  }
  static double next(double tick) {
    const double decade = decade_of(tick);
    return tick > 2 * decade ? 10 * decade : 3 * decade;
  }

  double low_ = 0;
  double high_ = 0;
};

/// A tick in milliseconds: `300 us`, `10 ms`, `3 s`.
inline std::string tick_text(double ms) {
  constexpr double kThousand = 1000;
  if (ms >= kThousand) return fmt::format("{:g} s", ms / kThousand);
  return ms < 1 ? fmt::format("{:g} us", std::round(ms * kThousand)) : fmt::format("{:g} ms", ms);
}

}  // namespace msdemo::load
