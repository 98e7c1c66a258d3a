// What one thread waits for and another one gives. It exists because libstdc++'s own semaphores and
// waits on atomics yield the processor four times before they sleep: here that costs more than
// sleeping, for there is always somebody else to run.
#pragma once

#include <semaphore.h>

namespace msdemo {

/// POSIX's counting semaphore (sem_overview(7)), from zero. Thread-safe; the thread that was given
/// one may not free the semaphore before the giver has left post().
class Semaphore {
 public:
  Semaphore() { ::sem_init(&semaphore_, 0, 0); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  ~Semaphore() { ::sem_destroy(&semaphore_); }

  void post() { ::sem_post(&semaphore_); }

  /// Blocks until there is one, and takes it.
  void wait() {
    while (::sem_wait(&semaphore_) != 0) {  // a signal came first
    }
  }

 private:
  sem_t semaphore_;
};

}  // namespace msdemo
