// The bulkhead: so many calls to one callee may be under way that it cannot take all threads with
// it when it sinks (Nygard: "Release It!", 2007).
#pragma once

#include <atomic>

namespace msdemo::resilience {

/// Counts who is inside. Thread-safe, never blocks.
class Bulkhead {
 public:
  /// One call's place, given back when it is destroyed. The bulkhead must outlive it.
  class Place {
   public:
    /// Takes a place if fewer than `limit` are taken.
    Place(Bulkhead& bulkhead, int limit) : bulkhead_(bulkhead), taken_(bulkhead.enter(limit)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (taken_) --bulkhead_.inside_;
    }

    bool taken() const { return taken_; }

   private:
    Bulkhead& bulkhead_;
    const bool taken_;
  };

  int inside() const { return inside_; }

 private:
  bool enter(int limit) {
    int inside = inside_;
    while (inside < limit) {
      if (inside_.compare_exchange_weak(inside, inside + 1)) return true;
    }
    return false;
  }

  std::atomic<int> inside_ = 0;
};

}  // namespace msdemo::resilience
