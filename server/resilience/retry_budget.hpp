// The retry budget: keeps retries a small share of the calls, so that they cannot become the load
// that keeps a service down (Finagle's RetryBudget; "Metastable Failures in Distributed Systems",
// Bronson et al., HotOS 2021).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace msdemo::resilience {

/// Over the last limits::kBudgetWindow, to the second. Thread-safe, never blocks for long; pure but
/// for the clock's readings it is given.
class RetryBudget {
 public:
  struct Count {
    std::int64_t calls = 0;
    std::int64_t retries = 0;
  };

  /// A call began; its retries do not count as calls.
  void call(SteadyTime now);

  /// True, and counted, if one more retry leaves no more of them than limits::kBudgetReserve or
  /// `share` of the calls, whichever is more.
  bool spend(double share, SteadyTime now);

  Count count(SteadyTime now) const;

 private:
  static constexpr std::size_t kSlots = limits::kBudgetWindow.count();

  struct Slot {
    std::int64_t second = -1;
    Count count{};
  };

  static std::int64_t second_of(SteadyTime now);
  Slot& slot(std::int64_t second);
  Count sum(std::int64_t second) const;

  mutable std::mutex mutex_;  ///< guards slots_
  std::array<Slot, kSlots> slots_;
};

}  // namespace msdemo::resilience
