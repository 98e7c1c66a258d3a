#include "load/open_loop.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace msdemo::load {

namespace {

using std::chrono::seconds;

struct Start {
  std::size_t k = 0;
  SteadyTime intended;
};

/// Threads that come into being as they are needed, and take starts from a queue that is never
/// longer than there are idle ones.
class Crew {
 public:
  Crew(std::size_t most, const OpenLoopWork& work) : most_(most), work_(work) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  ~Crew() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    waiting_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// False when everybody is busy and there may be no more of them.
  bool take(const Start& start) {
    const std::lock_guard lock(mutex_);
    if (outstanding_ == most_) return false;
    if (outstanding_ == threads_.size()) threads_.emplace_back([this] { run(); });
    ++outstanding_;
    waiting_starts_.push_back(start);
    waiting_.notify_one();
    return true;
  }

  /// Whether all work is done; if it is not, waits for that until `deadline`.
  bool idle_by(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    return idle_.wait_until(lock, deadline, [this] { return outstanding_ == 0; });
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      waiting_.wait(lock, [this] { return closing_ || !waiting_starts_.empty(); });
      if (waiting_starts_.empty()) return;
      const Start start = waiting_starts_.front();
      waiting_starts_.pop_front();
      lock.unlock();
      work_.work(start.k, start.intended);
      lock.lock();
      if (--outstanding_ == 0) idle_.notify_all();
    }
  }

  const std::size_t most_;
  const OpenLoopWork& work_;
  std::mutex mutex_;  ///< guards everything below but threads_, which only the owner touches
  std::condition_variable waiting_;
  std::condition_variable idle_;
  std::deque<Start> waiting_starts_;
  std::size_t outstanding_ = 0;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

/// Waits for `until` with the crew's help, and tells of every second that passes meanwhile.
class Seconds {
 public:
  Seconds(SteadyTime begin, const std::function<void()>& passed)
      : next_(begin + seconds(1)), passed_(passed) {}

  void wait_until(SteadyTime until) {
    std::mutex nothing;
    std::condition_variable never;
    std::unique_lock lock(nothing);
    for (;;) {
      tell();
      if (real_clock().steady_now() >= until) return;
      never.wait_until(lock, std::min(until, next_));
    }
  }

  void wait_for(Crew& crew) {
    while (!crew.idle_by(next_)) tell();
  }

 private:
  void tell() {
    while (real_clock().steady_now() >= next_) {
      next_ += seconds(1);
      passed_();
    }
  }

  SteadyTime next_;
  const std::function<void()>& passed_;
};

}  // namespace

void run_open_loop(const Pacer& pacer, std::size_t count, std::size_t outstanding,
                   const OpenLoopWork& work) {
  const SteadyTime begin = real_clock().steady_now();
  Crew crew(outstanding, work);
  Seconds clock(begin, work.second);
  for (std::size_t k = 0; k < count; ++k) {
    const SteadyTime intended = begin + pacer.start(k);
    clock.wait_until(intended);
    if (!crew.take({k, intended})) work.drop(k);
  }
  clock.wait_for(crew);
}

}  // namespace msdemo::load
