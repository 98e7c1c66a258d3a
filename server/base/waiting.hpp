// Who lends its threads to others learns here when one of them only waits, so that a few threads
// keep all processors busy and yet none stands still (the idea is Java's
// ForkJoinPool.ManagedBlocker).
#pragma once

namespace msdemo {

/// Both are called on the thread that waits, often, and must not block for long.
class ThreadLender {
 public:
  virtual void waits() = 0;
  virtual void goes_on() = 0;

  /// Makes `lender`, which may be null and must outlive the thread, the one of this thread.
  static void of_this_thread(ThreadLender* lender);

 protected:
  ~ThreadLender() = default;
};

/// As long as one lives, this thread waits for something beyond it: an answer, the disk, a time.
class Waiting {
 public:
  Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting();
};

}  // namespace msdemo
