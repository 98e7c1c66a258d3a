// Admission control: a request that waited long for a thread is refused, because by the time it
// were answered nobody would wait for it, and everyone behind it would wait longer.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace msdemo::resilience {

/// The controlled delay of Maurer: "Fail at Scale" (ACM Queue, 2015), after CoDel (RFC 8289): a
/// request may wait limits::kQueueAge, which takes up bursts; once every request for that long has
/// waited more than limits::kQueueAgeOverloaded, the queue stands, and only the latter is allowed
/// until one waited less. Thread-safe, never blocks for long; pure but for the clock's readings.
class QueueAge {
 public:
  /// How long a request may have waited, after one that waited for `age` came to its turn.
  std::chrono::nanoseconds allowed(std::chrono::nanoseconds age, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const bool continues = standing_since_ && now - last_ <= limits::kQueueAge;
    last_ = now;
    if (age <= limits::kQueueAgeOverloaded) {
      standing_since_.reset();
    } else if (!continues) {
      standing_since_ = now;
    }
    const bool standing = standing_since_ && now - *standing_since_ >= limits::kQueueAge;
    return standing ? limits::kQueueAgeOverloaded : limits::kQueueAge;
  }

 private:
  std::mutex mutex_;  ///< guards both below
  std::optional<SteadyTime> standing_since_;
  SteadyTime last_{};
};

}  // namespace msdemo::resilience
