// The order service's rows. Every SQL statement about orders is here, and runs on every engine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "contracts/order.hpp"
#include "contracts/page.hpp"
#include "messaging/event.hpp"
#include "messaging/outbox.hpp"
#include "resilience/policy.hpp"
#include "storage/database.hpp"

namespace msdemo::order {

/// The service's schema, step by step.
std::span<const storage::Migration> migrations();

/// Which orders a list holds; nothing set means all.
struct OrderFilter {
  std::optional<contracts::OrderStatus> status;
  std::optional<std::int64_t> user_id;
};

/// Who ordered, as far as the user service could tell.
struct UserName {
  std::string text;
  bool stale = false;  ///< what it said earlier
};

/// How an order was placed, which decides how its repetition is answered.
enum class OrderStyle { sync, async };

struct Placement {
  contracts::Order order;
  OrderStyle style;
  bool repeated = false;  ///< the order was there already
};

/// The event that asks who placed `order`.
messaging::Event lookup_requested(const contracts::Order& order, const std::string& request_id);

/// What an event means for a pending or failed order.
struct Decision {
  const messaging::Event* event;  ///< acted on once, however often it comes
  std::int64_t order_id;
  contracts::OrderStatus status;  ///< confirmed, rejected or failed
  std::string username{};         ///< if confirmed
  std::string reason{};           ///< if not
  const trace::Span* span;        ///< of the event; whatever follows from it belongs below
};

/// Thread-safe, as its database is. Spans get a child for each call.
class OrderStore {
 public:
  /// `database` has migrations() applied; both must outlive the store.
  OrderStore(storage::Database& database, messaging::Outbox& outbox)
      : database_(database), outbox_(outbox) {}

  /// Stores a confirmed order, durable when it returns. A key that is known already stores nothing:
  /// with the same fields its order is returned as it is now, with others it is
  /// idempotency_key_reused. Concurrent calls with one key get the same order, in whichever
  /// process. Ids are never used twice. With a key, a commit whose outcome is unknown is resolved
  /// by storing the order once more; without one, the answer is an error that is not definite.
  Result<Placement> add_confirmed(const contracts::NewOrder& order, const UserName& name,
                                  const std::string& created_at,
                                  const std::optional<std::string>& idempotency_key,
                                  const trace::Span& span);

  /// Stores a pending order and, with Publish::outbox, in the same transaction lookup_requested()
  /// in the outbox. Otherwise as add_confirmed().
  Result<Placement> add_pending(const contracts::NewOrder& order, const std::string& created_at,
                                const std::string& request_id, resilience::Publish publish,
                                const std::optional<std::string>& idempotency_key,
                                const trace::Span& span);

  /// Applies all decisions in one transaction, with their inbox entries and the events that tell
  /// the world (`order.confirmed`, `order.rejected`) in the outbox. Only pending and failed orders
  /// change, and to failed only pending ones; a decision that comes again does nothing. Returns the
  /// orders that changed, and announces them to other processes that share the database.
  Result<std::vector<contracts::Order>> decide(std::span<const Decision> decisions,
                                               const std::string& now);

  /// Calls `heard` for orders that other processes decided, as long as the answer lives; without an
  /// id, any may be decided. Not for sure: a process may die between its commit and telling.
  std::unique_ptr<storage::Membership> hear_decisions(
      std::function<void(std::optional<std::int64_t>)> heard);

  /// Fails with order_not_found.
  Result<contracts::Order> find(std::int64_t id, const trace::Span* parent);

  /// The order placed with this key, if any; idempotency_key_reused if it is not the `wanted` one.
  Result<std::optional<Placement>> find_by_key(const std::string& idempotency_key,
                                               const contracts::NewOrder& wanted,
                                               const trace::Span* parent);

  Result<contracts::Page<contracts::Order>> list(const contracts::PageRequest& page,
                                                 const OrderFilter& filter,
                                                 const trace::Span* parent);

 private:
  Result<std::optional<contracts::Order>> decide_one(storage::Transaction& tx,
                                                     const Decision& decision,
                                                     const std::string& now);

  storage::Database& database_;
  messaging::Outbox& outbox_;
};

}  // namespace msdemo::order
