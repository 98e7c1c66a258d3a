// What placing an order means, in both styles.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/rng.hpp"
#include "contracts/order.hpp"
#include "faults/faults.hpp"
#include "http/protected_client.hpp"
#include "messaging/broker.hpp"
#include "order/store.hpp"
#include "order/waiters.hpp"
#include "resilience/last_known.hpp"
#include "resilience/policies.hpp"
#include "trace/tracer.hpp"

namespace msdemo::order {

/// Thread-safe. What it is given must outlive it.
class OrderService {
 public:
  OrderService(OrderStore& store, http::ProtectedClient& users, messaging::Broker& broker,
               const resilience::Policies& policies, Waiters& waiters, faults::Faults& faults,
               const Clock& clock, Rng& rng);

  /// Sync: asks the user service who orders, then stores the order as confirmed; when this returns
  /// an order, it is durable. Blocks for both. With a `key`, the same order is placed once however
  /// often this or accept() is called. Past `deadline` nothing is stored any more.
  ///
  /// Errors, all definite (nothing was stored): unknown_user, upstream_invalid,
  /// upstream_unavailable, upstream_timeout, bulkhead_full, breaker_open, deadline_exceeded,
  /// idempotency_key_reused, storage_full, overloaded.
  Result<Placement> place(const contracts::NewOrder& new_order,
                          const std::optional<std::string>& key,
                          const std::optional<SteadyTime>& deadline, trace::Span& span);

  /// Async: stores the order as pending, together with the message that asks who orders; whoever
  /// answers it decides the order later. When this returns an order, both are durable. Blocks for
  /// the disk only. Errors, all definite: idempotency_key_reused, storage_full, overloaded.
  ///
  /// With the policy Publish::dual_write the message is published after the commit instead, which
  /// blocks for the broker, too; if that fails, the order is stored all the same, and pending
  /// forever: what the outbox is there to prevent.
  Result<Placement> accept(const contracts::NewOrder& new_order,
                           const std::optional<std::string>& key, const trace::Span& span);

  /// The order as soon as it is no longer pending, or as it is after `wait`; at once when too many
  /// wait already. Fails with order_not_found.
  Result<contracts::Order> wait_until_decided(std::int64_t id, std::chrono::seconds wait,
                                              const trace::Span& span);

 private:
  Result<UserName> look_up_user(std::int64_t id, const std::optional<SteadyTime>& deadline,
                                trace::Span& span);
  Result<void> publish_directly(const contracts::Order& order, const std::string& request_id,
                                const trace::Span& span);

  OrderStore& store_;
  http::ProtectedClient& users_;
  messaging::Broker& broker_;
  const resilience::Policies& policies_;
  Waiters& waiters_;
  faults::Faults& faults_;
  const Clock& clock_;
  Rng& rng_;
  resilience::LastKnown last_known_;  ///< names by user
};

}  // namespace msdemo::order
