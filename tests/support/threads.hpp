// Threads that a test can hold at a known point. "The others are waiting by now" is read from the
// kernel instead of being hoped for after a pause.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace msdemo::test {

/// Runs `body(0)` … `body(count - 1)` on a thread each.
class Threads {
 public:
  Threads(std::size_t count, std::function<void(std::size_t)> body)
      : body_(std::move(body)), ids_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      threads_.emplace_back([this, i] {
        ids_[i] = ::gettid();
        body_(i);
      });
    }
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { join(); }

  void join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  /// Returns when every thread is asleep in the kernel. None of them may end before.
  void await_blocked() const {
    for (const std::atomic<pid_t>& id : ids_) {
      while (id == 0 || !asleep(id)) std::this_thread::yield();
    }
  }

 private:
  static bool asleep(pid_t id) {
    std::ifstream file("/proc/self/task/" + std::to_string(id) + "/stat");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = line.rfind(") ");
    return name_end != std::string::npos && line.at(name_end + 2) == 'S';
  }

  std::function<void(std::size_t)> body_;
  std::vector<std::atomic<pid_t>> ids_;
  std::vector<std::thread> threads_;
};

}  // namespace msdemo::test
