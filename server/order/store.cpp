// The order trail: server/user/routes.cpp -> [server/order/store.cpp] -> cli/timeline/layout.cpp
// Async: [server/order/store.cpp] -> server/messaging/outbox_relay.cpp
#include "order/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "contracts/messages.hpp"
#include "messaging/inbox.hpp"

namespace msdemo::order {

namespace {

using contracts::NewOrder;
using contracts::Order;
using contracts::OrderStatus;
using storage::Row;
using storage::Rows;
using storage::Transaction;
using storage::Value;

// SQLite's indexes end with the row's id, so that one on a single column also gives that order.
constexpr std::array<storage::Migration, 5> kMigrations = {{
    {1, R"(
      CREATE TABLE orders (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id INTEGER NOT NULL,
        item_name TEXT NOT NULL,
        username TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'rejected', 'failed')),
        created_at TEXT NOT NULL,
        idempotency_key TEXT
      ) STRICT;
      CREATE UNIQUE INDEX orders_key ON orders (idempotency_key) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX orders_user ON orders (user_id);
      CREATE INDEX orders_status ON orders (status))",
     R"(
      CREATE TABLE orders (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id BIGINT NOT NULL,
        item_name TEXT NOT NULL,
        username TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'rejected', 'failed')),
        created_at TEXT NOT NULL,
        idempotency_key TEXT
      );
      CREATE UNIQUE INDEX orders_key ON orders (idempotency_key) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX orders_user ON orders (user_id, id);
      CREATE INDEX orders_status ON orders (status, id))"},
    {2, R"(
      ALTER TABLE orders ADD COLUMN style TEXT NOT NULL DEFAULT 'sync';
      ALTER TABLE orders ADD COLUMN reason TEXT NOT NULL DEFAULT '')"},
    messaging::outbox_step(3),
    messaging::inbox_step(4),
    {5, "ALTER TABLE orders ADD COLUMN stale INTEGER NOT NULL DEFAULT 0"},
}};

constexpr std::string_view kInsert =
    "INSERT INTO orders"
    " (user_id, item_name, username, status, created_at, idempotency_key, style, stale)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    " ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING";

constexpr std::string_view kSelectById =
    "SELECT id, user_id, item_name, username, status, created_at, reason, stale FROM orders"
    " WHERE id = $1";

constexpr std::string_view kSelectByKey =
    "SELECT id, user_id, item_name, username, status, created_at, reason, stale, style FROM orders"
    " WHERE idempotency_key = $1";

constexpr std::string_view kDecide =
    "UPDATE orders SET status = $2, username = $3, reason = $4"
    " WHERE id = $1 AND (status = 'pending' OR (status = 'failed' AND $2 <> 'failed'))"
    " RETURNING id, user_id, item_name, username, status, created_at, reason, stale";

Order order_of(const Row& row) {
  const auto status = contracts::parse_order_status(row.text(4));
  return {.id = row.integer(0),
          .user_id = row.integer(1),
          .item_name = row.text(2),
          .username = row.text(3),
          .status = status.value(),
          .created_at = row.text(5),
          .reason = row.text(6),
          .stale = row.integer(7) != 0};
}

/// The order that holds a key already, found by kSelectByKey; fails if it is not the one asked for.
Result<std::optional<Placement>> holder_in(const Result<Rows>& rows, const NewOrder& wanted) {
  if (!rows) return fail(rows.error());
  if (rows->empty()) return std::optional<Placement>();
  const Row& row = rows->front();
  Placement holder{.order = order_of(row),
                   .style = row.text(8) == "async" ? OrderStyle::async : OrderStyle::sync,
                   .repeated = true};
  const Order& order = holder.order;
  if (order.user_id != wanted.user_id || order.item_name != wanted.item_name) {
    return fail(
        Code::idempotency_key_reused,
        fmt::format("the Idempotency-Key belongs to order {}, which has other fields", order.id),
        "send a new key with a new order, and the old key only to repeat the old one");
  }
  return holder;
}

/// What kInsert inserts.
std::array<Value, 8> values_of(const Order& order, OrderStyle style,
                               const std::optional<std::string>& idempotency_key) {
  return {order.user_id,
          order.item_name,
          order.username,
          std::string(to_string(order.status)),
          order.created_at,
          idempotency_key ? Value(*idempotency_key) : Value(),
          std::string(style == OrderStyle::async ? "async" : "sync"),
          std::int64_t{order.stale}};
}

/// What kInsert has stored, under the id that it gave; if it gave none, because the key is known,
/// the key's holder, which `find_holder` looks up. On PostgreSQL the insert has waited for the
/// holder's commit, so that any later statement sees it.
template <class FindHolder>
Result<Placement> placed(const Result<std::optional<std::int64_t>>& id, Order order,
                         OrderStyle style, FindHolder&& find_holder) {
  if (!id) return fail(id.error());
  if (!*id) {
    Result<std::optional<Placement>> holder = find_holder();
    if (!holder) return fail(std::move(holder.error()));
    return std::move(holder->value());
  }
  order.id = **id;
  return Placement{std::move(order), style};
}

/// Runs `store`, a write, and if nobody knows whether it was committed, once more: with a key that
/// finds what the first attempt has stored, waits for it if it is still being stored, or stores it.
/// Without a key, and if the second attempt cannot tell either, it stays unknown.
template <class Store>
Result<Placement> settle(const std::optional<std::string>& idempotency_key, Store&& store) {
  auto placed = store();
  if (placed || placed.error().definite() || !idempotency_key) return placed;
  auto again = store();
  if (again) {
    again->repeated = false;  // to the caller it is the first
    return again;
  }
  const bool others = again.error().code == Code::idempotency_key_reused;
  return others ? again : placed;
}

/// The channel on which processes that share the orders tell each other which are decided.
constexpr const char* kDecided = "decided";

messaging::Event order_event(std::string id, std::string_view type, const Order& order,
                             const std::string& time, Json data) {
  const std::string order_id = std::to_string(order.id);
  return {.id = std::move(id),
          .source = "/order",
          .type = std::string(type),
          .time = time,
          .correlation_id = "order-" + order_id,
          .partition_key = order_id,
          .data = std::move(data)};
}

}  // namespace

messaging::Event lookup_requested(const Order& order, const std::string& request_id) {
  return order_event(request_id, contracts::topics::kLookupRequested, order, order.created_at,
                     to_json(contracts::LookupRequested{order.id, order.user_id}));
}

std::span<const storage::Migration> migrations() {
  return kMigrations;
}

Result<Placement> OrderStore::add_confirmed(const NewOrder& order, const UserName& name,
                                            const std::string& created_at,
                                            const std::optional<std::string>& idempotency_key,
                                            const trace::Span& span) {
  const Order confirmed{.id = 0,
                        .user_id = order.user_id,
                        .item_name = order.item_name,
                        .username = name.text,
                        .status = OrderStatus::confirmed,
                        .created_at = created_at,
                        .stale = name.stale};
  const auto values = values_of(confirmed, OrderStyle::sync, idempotency_key);
  return settle(idempotency_key, [&] {
    return placed(database_.insert(&span, "INSERT orders", kInsert, values), confirmed,
                  OrderStyle::sync, [&] { return find_by_key(*idempotency_key, order, &span); });
  });
}

Result<Placement> OrderStore::add_pending(const NewOrder& order, const std::string& created_at,
                                          const std::string& request_id,
                                          resilience::Publish publish,
                                          const std::optional<std::string>& idempotency_key,
                                          const trace::Span& span) {
  const Order pending{.id = 0,
                      .user_id = order.user_id,
                      .item_name = order.item_name,
                      .username = {},
                      .status = OrderStatus::pending,
                      .created_at = created_at};
  const auto values = values_of(pending, OrderStyle::async, idempotency_key);
  const auto store = [&](Transaction& tx) -> Result<Placement> {
    auto added = placed(tx.insert(kInsert, values), pending, OrderStyle::async, [&] {
      return holder_in(tx.query(kSelectByKey, {*idempotency_key}), order);
    });
    if (!added || added->repeated || publish != resilience::Publish::outbox) return added;
    auto appended = outbox_.append(tx, lookup_requested(added->order, request_id), span);
    if (!appended) return fail(std::move(appended.error()));
    return added;
  };
  auto stored = settle(idempotency_key,
                       [&] { return database_.write(&span, "INSERT orders, outbox", store); });
  outbox_.committed();
  return stored;
}

Result<std::vector<Order>> OrderStore::decide(std::span<const Decision> decisions,
                                              const std::string& now) {
  const trace::Span* span = decisions.size() == 1 ? decisions.front().span : nullptr;
  auto changed = database_.write(span, "UPDATE orders, inbox, outbox",
                                 [&](Transaction& tx) -> Result<std::vector<Order>> {
                                   std::vector<Order> orders;
                                   for (const Decision& decision : decisions) {
                                     auto order = decide_one(tx, decision, now);
                                     if (!order) return fail(std::move(order.error()));
                                     if (*order) orders.push_back(std::move(**order));
                                   }
                                   return orders;
                                 });
  outbox_.committed();
  if (changed && !changed->empty()) {
    std::string ids;
    for (const Order& order : *changed) ids += fmt::format("{} ", order.id);
    database_.peers().announce(kDecided, ids);
  }
  return changed;
}

std::unique_ptr<storage::Membership> OrderStore::hear_decisions(
    std::function<void(std::optional<std::int64_t>)> heard) {
  return database_.peers().listen(kDecided, [heard = std::move(heard)](std::string_view ids) {
    if (ids.empty()) heard(std::nullopt);
    while (!ids.empty()) {
      const auto space = std::min(ids.find(' '), ids.size());
      if (const auto id = parse_integer(ids.substr(0, space))) heard(*id);
      ids.remove_prefix(std::min(space + 1, ids.size()));
    }
  });
}

Result<std::optional<Order>> OrderStore::decide_one(Transaction& tx, const Decision& decision,
                                                    const std::string& now) {
  const auto first = messaging::first_time(tx, *decision.event);
  if (!first) return fail(first.error());
  if (!*first) return std::optional<Order>();
  const Result<Rows> rows =
      tx.query(kDecide, {decision.order_id, std::string(to_string(decision.status)),
                         decision.username, decision.reason});
  if (!rows) return fail(rows.error());
  if (rows->empty()) return std::optional<Order>();
  Order order = order_of(rows->front());
  if (order.status == OrderStatus::failed) return order;

  const bool confirmed = order.status == OrderStatus::confirmed;
  const auto type =
      confirmed ? contracts::topics::kOrderConfirmed : contracts::topics::kOrderRejected;
  const std::string event_id = fmt::format("{}.{}", decision.event->id, to_string(order.status));
  auto appended =
      outbox_.append(tx, order_event(event_id, type, order, now, to_json(order)), *decision.span);
  if (!appended) return fail(std::move(appended.error()));
  return order;
}

Result<Order> OrderStore::find(std::int64_t id, const trace::Span* parent) {
  const Result<Rows> rows = database_.look_up(parent, "SELECT orders", kSelectById, {id});
  if (!rows) return fail(rows.error());
  if (rows->empty()) return fail(Code::order_not_found, fmt::format("there is no order {}", id));
  return order_of(rows->front());
}

Result<std::optional<Placement>> OrderStore::find_by_key(const std::string& idempotency_key,
                                                         const NewOrder& wanted,
                                                         const trace::Span* parent) {
  return holder_in(database_.look_up(parent, "SELECT orders", kSelectByKey, {idempotency_key}),
                   wanted);
}

Result<contracts::Page<Order>> OrderStore::list(const contracts::PageRequest& page,
                                                const OrderFilter& filter,
                                                const trace::Span* parent) {
  std::string sql =
      "SELECT id, user_id, item_name, username, status, created_at, reason, stale FROM orders"
      " WHERE id > $1";
  std::vector<Value> parameters = {page.after, page.limit + 1};
  const auto narrow = [&](std::string_view column, Value value) {
    parameters.push_back(std::move(value));
    sql += fmt::format(" AND {} = ${}", column, parameters.size());
  };
  if (filter.status) narrow("status", std::string(to_string(*filter.status)));
  if (filter.user_id) narrow("user_id", *filter.user_id);
  sql += " ORDER BY id LIMIT $2";

  const Result<Rows> rows = database_.look_up(parent, "SELECT orders", sql, parameters);
  if (!rows) return fail(rows.error());
  std::vector<Order> orders;
  orders.reserve(rows->size());
  for (const Row& row : *rows) orders.push_back(order_of(row));
  return contracts::make_page(std::move(orders), page.limit);
}

}  // namespace msdemo::order
