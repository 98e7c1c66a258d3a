#include "base/stop_signal.hpp"

#include "base/waiting.hpp"

namespace msdemo {

void StopSignal::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

bool StopSignal::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

bool StopSignal::wait(std::chrono::nanoseconds duration) const {
  const Waiting waiting;
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return stopped_; });
}

}  // namespace msdemo
