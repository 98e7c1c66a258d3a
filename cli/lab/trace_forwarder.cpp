#include "lab/trace_forwarder.hpp"

#include "base/limits.hpp"

namespace msdemo::lab {

TraceForwarder::TraceForwarder(const http::OtlpTarget& target)
    : client_(target.url), path_(target.path), thread_([this] { run(); }) {}

TraceForwarder::~TraceForwarder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void TraceForwarder::forward(std::string payload) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= limits::kForwardQueue) {
      ++dropped_;
      return;
    }
    queue_.push_back(std::move(payload));
  }
  wake_.notify_all();
}

std::uint64_t TraceForwarder::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void TraceForwarder::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    std::string payload = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const auto answer = client_.send(
        {.method = "POST", .target = path_, .body = std::move(payload)}, limits::kForwardCall);
    lock.lock();
    if (!answer || answer->status >= 300) ++dropped_;
  }
}

}  // namespace msdemo::lab
