#include "http/worker_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace msdemo::http {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

WorkerPool::WorkerPool(std::size_t limit, std::size_t queue_max)
    : queue_max_(queue_max),
      processors_(std::max<std::size_t>(2, std::thread::hardware_concurrency())),
      limit_(limit) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    while (!idle_.empty()) wake(call_thread());
  }
  for (const auto& worker : workers_) worker->thread.join();
}

bool WorkerPool::submit(Task task) {
  std::unique_lock lock(mutex_);
  if (running_ >= limit_) {
    if (queued_.size() >= queue_max_) return false;
    queued_.push_back({std::move(task), steady_clock::now()});
    return true;
  }
  ++running_;
  ready_.push_back({std::move(task), steady_clock::now()});
  Worker* const called = heat();
  lock.unlock();
  wake(called);
  return true;
}

void WorkerPool::limit(std::size_t tasks) {
  const std::lock_guard lock(mutex_);
  limit_ = tasks;
  let_in();
  wake(heat());
}

void WorkerPool::relieve() {
  const std::lock_guard lock(mutex_);
  if (ready_.empty() || ready_.front().age() <= limits::kHotStall) return;
  ++relief_;
  wake(call_thread());
}

bool WorkerPool::pending() const {
  const std::lock_guard lock(mutex_);
  return !ready_.empty();
}

WorkerPool::Load WorkerPool::load() const {
  const std::lock_guard lock(mutex_);
  Load load{.running = running_, .queued = queued_.size()};
  if (!queued_.empty()) load.oldest = queued_.front().age();
  return load;
}

/// As many of the queue as the limit has room for.
void WorkerPool::let_in() {
  while (running_ < limit_ && !queued_.empty()) {
    Entry next = std::move(queued_.front());
    queued_.pop_front();
    next.queued = next.age();
    next.since = steady_clock::now();
    ++running_;
    ready_.push_back(std::move(next));
  }
}

/// One thread more, if there is work for it and a processor. See call_thread().
WorkerPool::Worker* WorkerPool::heat() {
  return !ready_.empty() && hot_ < processors_ + relief_ ? call_thread() : nullptr;
}

/// An idle thread, which the caller wakes, best without the lock that it needs first; else null,
/// and a new thread begins by itself.
WorkerPool::Worker* WorkerPool::call_thread() {
  ++hot_;
  if (!idle_.empty()) {
    Worker* const worker = idle_.back();
    idle_.pop_back();
    return worker;
  }
  workers_.push_back(std::make_unique<Worker>());
  Worker& worker = *workers_.back();
  worker.thread = std::thread([this, &worker] { run(worker); });
  return nullptr;
}

void WorkerPool::wake(Worker* worker) {
  if (worker != nullptr) worker->called.post();
}

void WorkerPool::run(Worker& worker) {
  of_this_thread(this);
  std::unique_lock lock(mutex_);
  for (;;) {
    while (!ready_.empty() && (hot_ <= processors_ + relief_ || stopping_)) run_next(lock);
    --hot_;
    if (ready_.empty()) relief_ = 0;
    if (stopping_) return;
    idle_.push_back(&worker);
    lock.unlock();
    worker.called.wait();
    lock.lock();
  }
}

void WorkerPool::run_next(std::unique_lock<std::mutex>& lock) {
  const Entry next = std::move(ready_.front());
  ready_.pop_front();
  lock.unlock();
  next.task(next.queued);
  lock.lock();
  --running_;
  let_in();
}

void WorkerPool::waits() {
  std::unique_lock lock(mutex_);
  --hot_;
  Worker* const called = heat();
  lock.unlock();
  wake(called);
}

void WorkerPool::goes_on() {
  const std::lock_guard lock(mutex_);
  ++hot_;
}

}  // namespace msdemo::http
