// Threads that run handlers: few and hot while nothing blocks, more only while some do.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace msdemo::http {

/// Runs tasks in the order they come. A task goes to the thread that became idle last (its caches
/// are warm); a new thread is made only when all are busy. Thread-safe.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  WorkerPool(std::size_t threads_max, std::size_t queue_max);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs what is queued, then joins all threads.
  ~WorkerPool();

  /// False, and nothing happens, when all threads are busy and the queue is full.
  bool submit(Task task);

 private:
  struct Worker {
    std::condition_variable wake;
    Task task;
    std::thread thread;
  };

  void run(Worker& worker);

  const std::size_t threads_max_;
  const std::size_t queue_max_;
  std::mutex mutex_;  ///< guards everything below, and each worker's task
  std::deque<Task> queue_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  bool stopping_ = false;
};

}  // namespace msdemo::http
