// The order trail: server/user/routes.cpp -> [server/order/store.cpp] -> cli/timeline/layout.cpp
#include "order/store.hpp"

#include <fmt/format.h>

#include <array>

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
constexpr std::array<storage::Migration, 1> kMigrations = {{
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
      CREATE INDEX orders_status ON orders (status))"},
}};

constexpr std::string_view kInsert =
    "INSERT INTO orders (user_id, item_name, username, status, created_at, idempotency_key)"
    " VALUES ($1, $2, $3, 'confirmed', $4, $5)"
    " ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id";

constexpr std::string_view kSelectById =
    "SELECT id, user_id, item_name, username, status, created_at FROM orders WHERE id = $1";

constexpr std::string_view kSelectByKey =
    "SELECT id, user_id, item_name, username, status, created_at FROM orders"
    " WHERE idempotency_key = $1";

Order order_of(const Row& row) {
  const auto status = contracts::parse_order_status(row.text(4));
  return {.id = row.integer(0),
          .user_id = row.integer(1),
          .item_name = row.text(2),
          .username = row.text(3),
          .status = status.value(),
          .created_at = row.text(5)};
}

Result<std::optional<Order>> select_one(Transaction& tx, std::string_view sql, Value parameter) {
  const Result<Rows> rows = tx.query(sql, {std::move(parameter)});
  if (!rows) return fail(rows.error());
  if (rows->empty()) return std::optional<Order>();
  return order_of(rows->front());
}

/// The order that holds `key` already; fails if it is not the one asked for.
Result<std::optional<Order>> holder_of(Transaction& tx, const std::string& key,
                                       const NewOrder& wanted) {
  auto holder = select_one(tx, kSelectByKey, key);
  if (!holder || !*holder) return holder;
  const Order& order = **holder;
  if (order.user_id != wanted.user_id || order.item_name != wanted.item_name) {
    return fail(
        Code::idempotency_key_reused,
        fmt::format("the Idempotency-Key belongs to order {}, which has other fields", order.id),
        "send a new key with a new order, and the old key only to repeat the old one");
  }
  return holder;
}

}  // namespace

std::span<const storage::Migration> migrations() {
  return kMigrations;
}

Result<Order> OrderStore::add(const NewOrder& order, const std::string& username,
                              const std::string& created_at,
                              const std::optional<std::string>& idempotency_key,
                              const trace::Span* parent) {
  return database_.write(parent, "INSERT orders", [&](Transaction& tx) -> Result<Order> {
    const Value key = idempotency_key ? Value(*idempotency_key) : Value();
    const Result<Rows> rows =
        tx.query(kInsert, {order.user_id, order.item_name, username, created_at, key});
    if (!rows) return fail(rows.error());
    if (rows->empty()) {
      auto holder = holder_of(tx, idempotency_key.value(), order);
      if (!holder) return fail(std::move(holder.error()));
      return std::move(holder->value());
    }
    return Order{.id = rows->front().integer(0),
                 .user_id = order.user_id,
                 .item_name = order.item_name,
                 .username = username,
                 .status = OrderStatus::confirmed,
                 .created_at = created_at};
  });
}

Result<Order> OrderStore::find(std::int64_t id, const trace::Span* parent) {
  return database_.read(parent, "SELECT orders", [&](Transaction& tx) -> Result<Order> {
    Result<std::optional<Order>> found = select_one(tx, kSelectById, id);
    if (!found) return fail(std::move(found.error()));
    if (!*found) return fail(Code::order_not_found, fmt::format("there is no order {}", id));
    return std::move(**found);
  });
}

Result<std::optional<Order>> OrderStore::find_by_key(const std::string& idempotency_key,
                                                     const NewOrder& wanted,
                                                     const trace::Span* parent) {
  return database_.read(parent, "SELECT orders",
                        [&](Transaction& tx) { return holder_of(tx, idempotency_key, wanted); });
}

Result<contracts::Page<Order>> OrderStore::list(const contracts::PageRequest& page,
                                                const OrderFilter& filter,
                                                const trace::Span* parent) {
  std::string sql =
      "SELECT id, user_id, item_name, username, status, created_at FROM orders WHERE id > $1";
  std::vector<Value> parameters = {page.after, page.limit + 1};
  const auto narrow = [&](std::string_view column, Value value) {
    parameters.push_back(std::move(value));
    sql += fmt::format(" AND {} = ${}", column, parameters.size());
  };
  if (filter.status) narrow("status", std::string(to_string(*filter.status)));
  if (filter.user_id) narrow("user_id", *filter.user_id);
  sql += " ORDER BY id LIMIT $2";

  using Answer = Result<contracts::Page<Order>>;
  return database_.read(parent, "SELECT orders", [&](Transaction& tx) -> Answer {
    const Result<Rows> rows = tx.query(sql, std::span<const Value>(parameters));
    if (!rows) return fail(rows.error());
    std::vector<Order> orders;
    orders.reserve(rows->size());
    for (const Row& row : *rows) orders.push_back(order_of(row));
    return contracts::make_page(std::move(orders), page.limit);
  });
}

}  // namespace msdemo::order
