// The order service's rows. Every SQL statement about orders is here, and runs on every engine.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"
#include "contracts/order.hpp"
#include "contracts/page.hpp"
#include "storage/database.hpp"

namespace msdemo::order {

/// The service's schema, step by step.
std::span<const storage::Migration> migrations();

/// Which orders a list holds; nothing set means all.
struct OrderFilter {
  std::optional<contracts::OrderStatus> status;
  std::optional<std::int64_t> user_id;
};

/// Thread-safe, as its database is. `parent` gets a span for each call; null: none.
class OrderStore {
 public:
  /// `database` has migrations() applied and must outlive the store.
  explicit OrderStore(storage::Database& database) : database_(database) {}

  /// Stores a confirmed order, durable when it returns. A key that is known already stores nothing:
  /// with the same fields its order is returned as it is now, with others it is
  /// idempotency_key_reused. Concurrent calls with one key get the same order. Ids are never used
  /// twice.
  Result<contracts::Order> add(const contracts::NewOrder& order, const std::string& username,
                               const std::string& created_at,
                               const std::optional<std::string>& idempotency_key,
                               const trace::Span* parent);

  /// Fails with order_not_found.
  Result<contracts::Order> find(std::int64_t id, const trace::Span* parent);

  /// The order placed with this key, if any; idempotency_key_reused if it is not the `wanted` one.
  Result<std::optional<contracts::Order>> find_by_key(const std::string& idempotency_key,
                                                      const contracts::NewOrder& wanted,
                                                      const trace::Span* parent);

  Result<contracts::Page<contracts::Order>> list(const contracts::PageRequest& page,
                                                 const OrderFilter& filter,
                                                 const trace::Span* parent);

 private:
  storage::Database& database_;
};

}  // namespace msdemo::order
