// A clock whose time is data: it stands still until a test moves it.
#pragma once

#include <mutex>

#include "base/clock.hpp"

namespace msdemo::test {

class ManualClock final : public Clock {
 public:
  SteadyTime steady_now() const override {
    const std::lock_guard lock(mutex_);
    return SteadyTime(elapsed_);
  }

  SystemTime system_now() const override {
    const std::lock_guard lock(mutex_);
    return SystemTime(std::chrono::hours(24 * 365 * 50) + elapsed_ + jump_);
  }

  void advance(std::chrono::nanoseconds by) {
    const std::lock_guard lock(mutex_);
    elapsed_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(by);
  }

  /// Moves the system clock alone, as an administrator would.
  void jump(std::chrono::nanoseconds by) {
    const std::lock_guard lock(mutex_);
    jump_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::duration elapsed_{};
  std::chrono::system_clock::duration jump_{};
};

}  // namespace msdemo::test
