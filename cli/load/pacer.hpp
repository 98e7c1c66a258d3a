// When is a load's next start? Arithmetic alone, so that it cannot drift: a start follows from the
// plan, not from when the one before it really happened.
#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>

#include "base/rng.hpp"

namespace msdemo::load {

/// A constant rate.
class Pacer {
 public:
  /// `per_second` is more than 0.
  explicit Pacer(double per_second) : per_second_(per_second) {}

  /// Of start number `k`, from 0, after the beginning.
  std::chrono::nanoseconds start(std::size_t k) const {
    constexpr double kNanoseconds = 1e9;
    return std::chrono::nanoseconds(
        std::llround(static_cast<double>(k) / per_second_ * kNanoseconds));
  }

  /// How many starts the first `time` has.
  std::size_t starts_within(std::chrono::nanoseconds time) const {
    const std::chrono::duration<double> seconds = time;
    return static_cast<std::size_t>(std::ceil(seconds.count() * per_second_));
  }

 private:
  double per_second_;
};

/// Starts that know nothing of one another (a Poisson process): the times between them are
/// exponential, so that they come in bunches, as those of many independent callers do.
class PoissonPacer {
 public:
  /// `per_second` is more than 0; `rng` outlives the pacer.
  PoissonPacer(double per_second, Rng& rng) : per_second_(per_second), rng_(rng) {}

  /// Of the next start, after the beginning.
  std::chrono::nanoseconds next() {
    constexpr double kNanoseconds = 1e9;
    constexpr double kStep = 0x1p-53;
    const double chance = static_cast<double>((rng_.next() >> 11U) + 1) * kStep;  // in (0, 1]
    time_ns_ -= std::log(chance) / per_second_ * kNanoseconds;
    return std::chrono::nanoseconds(std::llround(time_ns_));
  }

 private:
  double per_second_;
  Rng& rng_;
  double time_ns_ = 0;
};

}  // namespace msdemo::load
