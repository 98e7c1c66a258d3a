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
  /// `look_again`: other processes decide orders, too, and nobody here is told; so whoever waits
  /// looks for itself this often.
  explicit Waiters(std::optional<std::chrono::milliseconds> look_again = std::nullopt)
      : look_again_(look_again) {}

  enum class News {
    none,     ///< and none will come
    perhaps,  ///< it is time to look again
    decided,
  };

  /// A place in the queue for one order, as long as it lives. Taken before the order is looked up,
  /// so that a decision in between is not missed.
  class Place {
   public:
    Place(Waiters& waiters, std::int64_t order_id);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    /// Blocks until decided() was called for the order since the place was taken, or it is time to
    /// look again; none at `deadline`, after close(), and at once when limits::kOrderWaiters wait
    /// already.
    News wait_until(SteadyTime deadline);

   private:
    friend class Waiters;
    Waiters& waiters_;
    const std::int64_t order_id_;
    std::condition_variable wake_;
    bool has_room_ = false;
    bool decided_ = false;
  };

  void decided(std::int64_t order_id);

  /// Nobody waits any more: the service stops.
  void close();

 private:
  const std::optional<std::chrono::milliseconds> look_again_;
  std::mutex mutex_;  ///< guards everything below, and what is in the places
  std::multimap<std::int64_t, Place*> places_;
  bool closed_ = false;
};

}  // namespace msdemo::order
