// Time as a dependency: whoever needs it is handed a Clock, so that a test can be the one to decide
// what time it is.
#pragma once

#include <chrono>
#include <cstdint>

namespace msdemo {

using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;

/// Both clocks of a machine. Implementations are thread-safe and do not block.
class Clock {
 public:
  virtual ~Clock() = default;

  /// For measuring and deadlines: never goes back, means nothing outside this machine.
  virtual SteadyTime steady_now() const = 0;

  /// For timestamps that people and other processes read: may jump.
  virtual SystemTime system_now() const = 0;
};

/// Nanoseconds since the Unix epoch, as spans and messages carry them.
std::int64_t unix_nano(SystemTime time);

/// The machine's own clocks. One instance serves the whole process.
const Clock& real_clock();

}  // namespace msdemo
