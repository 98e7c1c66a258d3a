// Threads that run handlers: as many hot ones as there are processors, more only while some wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/semaphore.hpp"
#include "base/waiting.hpp"

namespace msdemo::http {

/// Runs tasks in the order they come, so many at once as limit() says; a task that says that it
/// waits (base/waiting.hpp) counts as running, but leaves its processor to another one. A task goes
/// to the thread that became idle last (its caches are warm). Thread-safe.
class WorkerPool final : private ThreadLender {
 public:
  /// Told how long the limit kept it in the queue: zero if it was let in at once.
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

  /// Lends one more thread if a task that was let in has found none for long, for one that runs
  /// may wait without saying so. Whoever submits calls this every limits::kHotStall while
  /// pending().
  void relieve();
  bool pending() const;

  struct Load {
    std::size_t running = 0;
    std::size_t queued = 0;
    std::chrono::nanoseconds oldest{};  ///< how long the first of the queue is in it
  };
  Load load() const;

 private:
  struct Worker {
    Semaphore called;
    std::thread thread;
  };

  struct Entry {
    Task task;
    SteadyTime since;                   ///< in the queue it is in
    std::chrono::nanoseconds queued{};  ///< by the limit

    std::chrono::nanoseconds age() const { return std::chrono::steady_clock::now() - since; }
  };

  void run(Worker& worker);
  void run_next(std::unique_lock<std::mutex>& lock);
  void let_in();
  [[nodiscard]] Worker* heat();
  [[nodiscard]] Worker* call_thread();
  static void wake(Worker* worker);
  void waits() override;
  void goes_on() override;

  const std::size_t queue_max_;
  const std::size_t processors_;
  mutable std::mutex mutex_;  ///< guards everything below
  std::size_t limit_;
  std::size_t running_ = 0;   ///< tasks that were let in and are not done
  std::size_t hot_ = 0;       ///< threads that run, or look for, a task and do not wait
  std::size_t relief_ = 0;    ///< how many more may be hot, until no task needs a thread
  std::deque<Entry> ready_;   ///< let in, without a thread
  std::deque<Entry> queued_;  ///< kept by the limit
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  bool stopping_ = false;
};

}  // namespace msdemo::http
