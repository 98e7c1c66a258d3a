// What placing an order means.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "contracts/order.hpp"
#include "contracts/user.hpp"
#include "http/client.hpp"
#include "order/store.hpp"
#include "trace/tracer.hpp"

namespace msdemo::order {

/// Thread-safe. What it is given must outlive it.
class OrderService {
 public:
  /// The user service has `lookup_deadline` to answer.
  OrderService(OrderStore& store, http::Client& users, const Clock& clock,
               std::chrono::milliseconds lookup_deadline = limits::kUserLookup);

  /// Asks the user service who orders, then stores the order as confirmed; when this returns an
  /// order, it is durable. Blocks for both. With a `key`, the same order is placed once however
  /// often this is called.
  ///
  /// Errors, all definite (nothing was stored): unknown_user, upstream_invalid,
  /// upstream_unavailable, upstream_timeout, idempotency_key_reused, storage_full, overloaded.
  Result<contracts::Order> place(const contracts::NewOrder& new_order,
                                 const std::optional<std::string>& key, const trace::Span& span);

 private:
  Result<contracts::User> look_up_user(std::int64_t id, const trace::Span& span);

  OrderStore& store_;
  http::Client& users_;
  const Clock& clock_;
  const std::chrono::milliseconds lookup_deadline_;
};

}  // namespace msdemo::order
