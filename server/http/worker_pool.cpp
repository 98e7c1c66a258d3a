#include "http/worker_pool.hpp"

#include <utility>

namespace msdemo::http {

using std::chrono::nanoseconds;

WorkerPool::WorkerPool(std::size_t limit, std::size_t queue_max)
    : queue_max_(queue_max), limit_(limit) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Worker* worker : idle_) worker->wake.notify_one();
  }
  for (const auto& worker : workers_) worker->thread.join();
}

bool WorkerPool::submit(Task task) {
  const std::lock_guard lock(mutex_);
  if (running_ < limit_) {
    give(std::move(task), nanoseconds(0));
    return true;
  }
  if (queue_.size() >= queue_max_) return false;
  queue_.push_back({std::move(task), std::chrono::steady_clock::now()});
  return true;
}

void WorkerPool::limit(std::size_t tasks) {
  const std::lock_guard lock(mutex_);
  limit_ = tasks;
  while (running_ < limit_ && !queue_.empty()) {
    Queued next = take_queued();
    give(std::move(next.task), next.age());
  }
}

WorkerPool::Load WorkerPool::load() const {
  const std::lock_guard lock(mutex_);
  Load load{.running = running_, .queued = queue_.size()};
  if (!queue_.empty()) load.oldest = queue_.front().age();
  return load;
}

/// To an idle thread, or a new one.
void WorkerPool::give(Task task, nanoseconds queued) {
  ++running_;
  if (!idle_.empty()) {
    Worker* worker = idle_.back();
    idle_.pop_back();
    worker->task = std::move(task);
    worker->queued = queued;
    worker->wake.notify_one();
    return;
  }
  workers_.push_back(std::make_unique<Worker>());
  Worker& worker = *workers_.back();
  worker.task = std::move(task);
  worker.queued = queued;
  worker.thread = std::thread([this, &worker] { run(worker); });
}

WorkerPool::Queued WorkerPool::take_queued() {
  Queued next = std::move(queue_.front());
  queue_.pop_front();
  return next;
}

void WorkerPool::run(Worker& worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!worker.task && !queue_.empty() && running_ < limit_) {
      Queued next = take_queued();
      ++running_;
      worker.task = std::move(next.task);
      worker.queued = next.age();
    }
    if (worker.task) {
      Task task = std::exchange(worker.task, nullptr);
      const nanoseconds queued = worker.queued;
      lock.unlock();
      task(queued);
      lock.lock();
      --running_;
      continue;
    }
    if (stopping_) return;
    idle_.push_back(&worker);
    worker.wake.wait(lock, [&] { return worker.task || stopping_; });
  }
}

}  // namespace msdemo::http
