// The notify service's rows. Every SQL statement about receipts is here, and runs on every engine.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "contracts/page.hpp"
#include "contracts/receipt.hpp"
#include "messaging/event.hpp"
#include "storage/database.hpp"

namespace msdemo::notify {

/// The service's schema, step by step.
std::span<const storage::Migration> migrations();

/// A receipt to be sent because of an event.
struct NewReceipt {
  const messaging::Event* event;  ///< one receipt for it, however often it comes
  std::int64_t order_id;
  std::string status;
  std::string text;
};

/// Thread-safe, as its database is. `parent` gets a span for each call; null: none.
class ReceiptStore {
 public:
  /// `database` has migrations() applied and must outlive the store.
  explicit ReceiptStore(storage::Database& database) : database_(database) {}

  /// Stores those that are not stored yet, with their inbox entries, in one transaction; returns
  /// them.
  Result<std::vector<contracts::Receipt>> add(std::span<const NewReceipt> receipts,
                                              const std::string& sent_at,
                                              const trace::Span* parent);

  /// Of one order, or of all.
  Result<contracts::Page<contracts::Receipt>> list(const contracts::PageRequest& page,
                                                   std::optional<std::int64_t> order_id,
                                                   const trace::Span* parent);

 private:
  storage::Database& database_;
};

}  // namespace msdemo::notify
