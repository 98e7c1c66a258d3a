#include "notify/store.hpp"

#include <array>

#include "messaging/inbox.hpp"

namespace msdemo::notify {

namespace {

using contracts::Receipt;
using storage::Row;
using storage::Rows;
using storage::Transaction;

constexpr std::array<storage::Migration, 2> kMigrations = {{
    {1, R"(
      CREATE TABLE receipts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        order_id INTEGER NOT NULL,
        status TEXT NOT NULL,
        text TEXT NOT NULL,
        sent_at TEXT NOT NULL
      ) STRICT;
      CREATE INDEX receipts_order ON receipts (order_id))",
     R"(
      CREATE TABLE receipts (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id BIGINT NOT NULL,
        status TEXT NOT NULL,
        text TEXT NOT NULL,
        sent_at TEXT NOT NULL
      );
      CREATE INDEX receipts_order ON receipts (order_id, id))"},
    messaging::inbox_step(2),
}};

Receipt receipt_of(const Row& row) {
  return {.id = row.integer(0),
          .order_id = row.integer(1),
          .status = row.text(2),
          .text = row.text(3),
          .sent_at = row.text(4)};
}

}  // namespace

std::span<const storage::Migration> migrations() {
  return kMigrations;
}

Result<std::vector<Receipt>> ReceiptStore::add(std::span<const NewReceipt> receipts,
                                               const std::string& sent_at,
                                               const trace::Span* parent) {
  using Answer = Result<std::vector<Receipt>>;
  return database_.write(parent, "INSERT receipts, inbox", [&](Transaction& tx) -> Answer {
    std::vector<Receipt> added;
    for (const NewReceipt& receipt : receipts) {
      const auto first = messaging::first_time(tx, *receipt.event);
      if (!first) return fail(first.error());
      if (!*first) continue;
      const auto id = tx.insert(
          "INSERT INTO receipts (order_id, status, text, sent_at) VALUES ($1, $2, $3, $4)",
          {receipt.order_id, receipt.status, receipt.text, sent_at});
      if (!id) return fail(id.error());
      added.push_back({.id = id->value(),
                       .order_id = receipt.order_id,
                       .status = receipt.status,
                       .text = receipt.text,
                       .sent_at = sent_at});
    }
    return added;
  });
}

Result<contracts::Page<Receipt>> ReceiptStore::list(const contracts::PageRequest& page,
                                                    std::optional<std::int64_t> order_id,
                                                    const trace::Span* parent) {
  constexpr std::string_view kAll =
      "SELECT id, order_id, status, text, sent_at FROM receipts WHERE id > $1"
      " ORDER BY id LIMIT $2";
  constexpr std::string_view kOfOrder =
      "SELECT id, order_id, status, text, sent_at FROM receipts WHERE id > $1 AND order_id = $3"
      " ORDER BY id LIMIT $2";
  std::vector<storage::Value> parameters = {page.after, page.limit + 1};
  if (order_id) parameters.emplace_back(*order_id);
  const Result<Rows> rows =
      database_.look_up(parent, "SELECT receipts", order_id ? kOfOrder : kAll, parameters);
  if (!rows) return fail(rows.error());
  std::vector<Receipt> receipts;
  receipts.reserve(rows->size());
  for (const Row& row : *rows) receipts.push_back(receipt_of(row));
  return contracts::make_page(std::move(receipts), page.limit);
}

}  // namespace msdemo::notify
