// Threads that run handlers: few and hot while nothing blocks, more only while some do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace msdemo::http {

/// Runs tasks in the order they come, so many at once as limit() says. A task goes to the thread
/// that became idle last (its caches are warm); a new thread is made only when all are busy.
/// Thread-safe.
class WorkerPool {
 public:
  /// Told how long it was in the queue: zero if there was a thread for it at once.
  using Task = std::function<void(std::chrono::nanoseconds queued)>;

  WorkerPool(std::size_t limit, std::size_t queue_max);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs what is queued, then joins all threads.
  ~WorkerPool();

  /// False, and nothing happens, when as many tasks run as may and the queue is full.
  bool submit(Task task);

  /// From now on, how many tasks run at once; more than that go on until they are done.
  void limit(std::size_t tasks);

  struct Load {
    std::size_t running = 0;
    std::size_t queued = 0;
    std::chrono::nanoseconds oldest{};  ///< how long the first of the queue is in it
  };
  Load load() const;

 private:
  struct Worker {
    std::condition_variable wake;
    Task task;
    std::chrono::nanoseconds queued{};  ///< by the task
    std::thread thread;
  };

  struct Queued {
    Task task;
    SteadyTime since;

    std::chrono::nanoseconds age() const { return std::chrono::steady_clock::now() - since; }
  };

  void run(Worker& worker);
  void give(Task task, std::chrono::nanoseconds queued);
  Queued take_queued();

  const std::size_t queue_max_;
  mutable std::mutex mutex_;  ///< guards everything below, and each worker's task
  std::size_t limit_;
  std::size_t running_ = 0;
  std::deque<Queued> queue_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  bool stopping_ = false;
};

}  // namespace msdemo::http
