// When is a load's next start? Arithmetic alone, so that it cannot drift: start number k follows
// from k, not from when the one before it really happened.
#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>

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

}  // namespace msdemo::load
