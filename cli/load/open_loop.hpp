// Starts work at its times, whether or not earlier work is done: as people order, who do not wait
// for one another. A loop that waited would slow down exactly when the system does, and hide it.
#pragma once

#include <cstddef>
#include <functional>

#include "base/clock.hpp"
#include "load/pacer.hpp"

namespace msdemo::load {

/// What an open loop does. `work` runs on threads of its own, several at once; the others are
/// called on the thread in run_open_loop() and must not block.
struct OpenLoopWork {
  /// Start number `k`, which should have begun at `intended`.
  std::function<void(std::size_t k, SteadyTime intended)> work;

  /// Start number `k` found everything busy and never began.
  std::function<void(std::size_t k)> drop;

  /// A second has passed, again and again until all work is done.
  std::function<void()> second;
};

/// Makes `count` starts as `pacer` says, with at most `outstanding` of them at work at a time, and
/// returns when all work is done. A start is never early; it is late when the machine is.
void run_open_loop(const Pacer& pacer, std::size_t count, std::size_t outstanding,
                   const OpenLoopWork& work);

}  // namespace msdemo::load
