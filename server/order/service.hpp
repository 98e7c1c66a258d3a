// What placing an order means, in both styles.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "base/rng.hpp"
#include "contracts/order.hpp"
#include "contracts/user.hpp"
#include "faults/faults.hpp"
#include "http/client.hpp"
#include "order/store.hpp"
#include "order/waiters.hpp"
#include "trace/tracer.hpp"

namespace msdemo::order {

/// Thread-safe. What it is given must outlive it.
class OrderService {
 public:
  /// The user service has `lookup_deadline` to answer.
  OrderService(OrderStore& store, http::Client& users, Waiters& waiters, faults::Faults& faults,
               const Clock& clock, Rng& rng,
               std::chrono::milliseconds lookup_deadline = std::chrono::seconds(1));

  /// Sync: asks the user service who orders, then stores the order as confirmed; when this returns
  /// an order, it is durable. Blocks for both. With a `key`, the same order is placed once however
  /// often this or accept() is called.
  ///
  /// Errors, all definite (nothing was stored): unknown_user, upstream_invalid,
  /// upstream_unavailable, upstream_timeout, idempotency_key_reused, storage_full, overloaded.
  Result<Placement> place(const contracts::NewOrder& new_order,
                          const std::optional<std::string>& key, const trace::Span& span);

  /// Async: stores the order as pending, together with the message that asks who orders; whoever
  /// answers it decides the order later. When this returns an order, both are durable. Blocks for
  /// the disk only. Errors, all definite: idempotency_key_reused, storage_full, overloaded.
  Result<Placement> accept(const contracts::NewOrder& new_order,
                           const std::optional<std::string>& key, const trace::Span& span);

  /// The order as soon as it is no longer pending, or as it is after `wait`; at once when too many
  /// wait already. Fails with order_not_found.
  Result<contracts::Order> wait_until_decided(std::int64_t id, std::chrono::seconds wait,
                                              const trace::Span& span);

 private:
  Result<contracts::User> look_up_user(std::int64_t id, const trace::Span& span);

  OrderStore& store_;
  http::Client& users_;
  Waiters& waiters_;
  faults::Faults& faults_;
  const Clock& clock_;
  Rng& rng_;
  const std::chrono::milliseconds lookup_deadline_;
};

}  // namespace msdemo::order
