// Who waits for an order to be decided: callers that sent `Prefer: wait`.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "base/clock.hpp"

namespace msdemo::order {

/// Thread-safe.
class Waiters {
 public:
  /// A place in the queue for one order, as long as it lives. Taken before the order is looked up,
  /// so that a decision in between is not missed.
  class Place {
   public:
    Place(Waiters& waiters, std::int64_t order_id);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    /// False after close(), and when limits::kOrderWaiters wait already: waiting is over at once.
    bool has_room() const;

    /// Blocks until decided() was called for the order since the place was taken, at most until
    /// `deadline`.
    void wait_until(SteadyTime deadline);

   private:
    friend class Waiters;
    Waiters& waiters_;
    const std::int64_t order_id_;
    std::condition_variable wake_;
    bool has_room_ = false;
    bool decided_ = false;
  };

  /// Without an id: perhaps any.
  void decided(std::optional<std::int64_t> order_id);

  /// Nobody waits any more: the service stops.
  void close();

 private:
  std::mutex mutex_;  ///< guards everything below, and what is in the places
  std::multimap<std::int64_t, Place*> places_;
  bool closed_ = false;
};

}  // namespace msdemo::order
