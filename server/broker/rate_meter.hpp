// How many a second, lately: one number a meter, however much it has counted.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/clock.hpp"

namespace msdemo::broker {

/// An exponentially decaying rate: what happened five seconds ago weighs a third of what happens
/// now. Not thread-safe.
class RateMeter {
 public:
  void count(std::int64_t events, SteadyTime now) {
    decay(now);
    per_second_ += static_cast<double>(events) / kWindowSeconds;
  }

  double per_second(SteadyTime now) {
    decay(now);
    return per_second_;
  }

 private:
  static constexpr double kWindowSeconds = 5;

  void decay(SteadyTime now) {
    const double passed = std::chrono::duration<double>(now - since_).count();
    per_second_ *= std::exp(-passed / kWindowSeconds);
    since_ = now;
  }

  double per_second_ = 0;
  SteadyTime since_{};
};

}  // namespace msdemo::broker
