// The user service's rows. Every SQL statement about users is here, and runs on every engine.
#pragma once

#include <cstdint>
#include <span>

#include "base/error.hpp"
#include "contracts/page.hpp"
#include "contracts/user.hpp"
#include "storage/database.hpp"

namespace msdemo::user {

/// The service's schema, step by step.
std::span<const storage::Migration> migrations();

/// Thread-safe, as its database is. `parent` gets a span for each call; null: none.
class UserStore {
 public:
  /// `database` has migrations() applied and must outlive the store.
  explicit UserStore(storage::Database& database) : database_(database) {}

  /// Durable when it returns. Ids are never used twice.
  Result<contracts::User> add(const contracts::NewUser& user, const trace::Span* parent);

  /// Fails with user_not_found.
  Result<contracts::User> find(std::int64_t id, const trace::Span* parent);

  Result<contracts::Page<contracts::User>> list(const contracts::PageRequest& page,
                                                const trace::Span* parent);

 private:
  storage::Database& database_;
};

}  // namespace msdemo::user
