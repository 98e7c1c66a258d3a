// Tells threads to stop, and lets them wait for something else without missing it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace msdemo {

/// Thread-safe. Once stopped it stays so.
class StopSignal {
 public:
  void stop();
  bool stopped() const;

  /// Waits for `duration`; false as soon as it is stopped.
  bool wait(std::chrono::nanoseconds duration) const;

 private:
  mutable std::mutex mutex_;  ///< guards stopped_
  mutable std::condition_variable changed_;
  bool stopped_ = false;
};

}  // namespace msdemo
