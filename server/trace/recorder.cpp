#include "trace/recorder.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace msdemo::trace {

Recorder::Recorder(SpanSink& sink) : sink_(sink), thread_([this] { run(); }) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Recorder::record(SpanRecord span) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= limits::kSpansQueued) {
      ++lost_;
      return;
    }
    first = queue_.empty();
    queue_.push_back(std::move(span));
    ++recorded_;
  }
  if (first) wake_.notify_one();
}

void Recorder::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t target = recorded_;
  ++flushing_;
  wake_.notify_one();
  delivered_.wait(lock, [&] { return handed_over_ >= target; });
  --flushing_;
}

std::uint64_t Recorder::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

void Recorder::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    // Spans of one request end within microseconds of each other: a short pause sends them as one.
    if (!stopping_ && flushing_ == 0) {
      wake_.wait_for(lock, limits::kSpanDelay / 2, [&] { return stopping_ || flushing_ > 0; });
    }
    std::vector<SpanRecord> batch;
    batch.swap(queue_);
    lock.unlock();
    std::uint64_t failed = 0;
    for (std::size_t at = 0; at < batch.size(); at += limits::kSpansPerExport) {
      const std::size_t count = std::min(limits::kSpansPerExport, batch.size() - at);
      if (!sink_.deliver(std::span(batch).subspan(at, count))) failed += count;
    }
    lock.lock();
    lost_ += failed;
    handed_over_ += batch.size();
    delivered_.notify_all();
  }
}

}  // namespace msdemo::trace
