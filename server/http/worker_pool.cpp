#include "http/worker_pool.hpp"

#include <utility>

namespace msdemo::http {

WorkerPool::WorkerPool(std::size_t threads_max, std::size_t queue_max)
    : threads_max_(threads_max), queue_max_(queue_max) {}

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
  if (!idle_.empty()) {
    Worker* worker = idle_.back();
    idle_.pop_back();
    worker->task = std::move(task);
    worker->wake.notify_one();
    return true;
  }
  if (workers_.size() < threads_max_) {
    workers_.push_back(std::make_unique<Worker>());
    Worker& worker = *workers_.back();
    worker.task = std::move(task);
    worker.thread = std::thread([this, &worker] { run(worker); });
    return true;
  }
  if (queue_.size() >= queue_max_) return false;
  queue_.push_back(std::move(task));
  return true;
}

void WorkerPool::run(Worker& worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!worker.task && !queue_.empty()) {
      worker.task = std::move(queue_.front());
      queue_.pop_front();
    }
    if (worker.task) {
      Task task = std::exchange(worker.task, nullptr);
      lock.unlock();
      task();
      lock.lock();
      continue;
    }
    if (stopping_) return;
    idle_.push_back(&worker);
    worker.wake.wait(lock, [&] { return worker.task || stopping_; });
  }
}

}  // namespace msdemo::http
