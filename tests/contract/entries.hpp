// A table whose rows have a name that is taken or free, and inserts that queue behind a taken one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "contract/busy_engine.hpp"
#include "storage/database.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

inline constexpr std::array<storage::Migration, 1> kEntryTable = {
    {{1,
      "CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
      " level INTEGER CHECK (level > 0))",
      "CREATE TABLE entry (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
      " name TEXT NOT NULL UNIQUE, level BIGINT CHECK (level > 0))"}}};

inline constexpr std::string_view kInsertEntry =
    "INSERT INTO entry (name, level) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

inline Result<std::optional<std::int64_t>> add_entry(storage::Database& database,
                                                     const std::string& name,
                                                     storage::Value level = {},
                                                     const trace::Span* parent = nullptr) {
  return database.insert(parent, "INSERT entry", kInsertEntry, {name, std::move(level)});
}

/// Names by id.
inline std::map<std::int64_t, std::string> entries(storage::Database& database) {
  const auto rows = must(database.look_up(nullptr, "SELECT entry", "SELECT id, name FROM entry"));
  std::map<std::int64_t, std::string> names;
  for (const storage::Row& row : rows) names.emplace(row.integer(0), row.text(1));
  return names;
}

/// Keeps inserts waiting until it is told to go on: a write holds the name "taken", and an insert
/// that wants it waits for how that ends.
class BusyInserts {
 public:
  explicit BusyInserts(storage::Database& database)
      : holder_(database, 1,
                [](storage::Transaction& tx) {
                  must(tx.insert(kInsertEntry, {"taken", storage::Value()}));
                }),
        waiter_(1, [&database](std::size_t) {
          if (must(add_entry(database, "taken"))) throw std::logic_error("it was taken");
        }) {
    waiter_.await_blocked();
  }

  void go_on() { holder_.go_on(); }

 private:
  BusyEngine holder_;
  Threads waiter_;
};

}  // namespace msdemo::test
