// What the order service does with messages: it decides its pending orders.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "messaging/consumer.hpp"
#include "order/store.hpp"
#include "order/waiters.hpp"

namespace msdemo::order {

/// Thread-safe. What it is given must outlive it. Also wakes who waits for orders that another
/// replica decides.
class OrderWorker {
 public:
  OrderWorker(OrderStore& store, Waiters& waiters, const Clock& clock)
      : store_(store),
        waiters_(waiters),
        clock_(clock),
        decided_elsewhere_(
            store.hear_decisions([&waiters](auto order_id) { waiters.decided(order_id); })) {}

  /// Replies about users, and requests for them that ended as dead letters.
  static std::vector<std::string> topics();

  /// A messaging::Handler: confirms or rejects the orders of replies, and fails those whose request
  /// died. Then wakes who waits for them.
  Result<void> handle(std::span<const messaging::Received> batch);

 private:
  OrderStore& store_;
  Waiters& waiters_;
  const Clock& clock_;
  std::unique_ptr<storage::Membership> decided_elsewhere_;  ///< by another replica
};

}  // namespace msdemo::order
