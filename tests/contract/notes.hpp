// A table small enough that a test's own words stay in sight: notes with a number.
#pragma once

#include <array>
#include <cstdint>
#include <set>

#include "storage/database.hpp"

namespace msdemo::test {

inline constexpr std::array<storage::Migration, 1> kNotes = {
    {{1, "CREATE TABLE note (number BIGINT PRIMARY KEY, text TEXT)"}}};

inline Result<void> insert_note(storage::Transaction& tx, std::int64_t number,
                                const std::string& text = "") {
  const auto rows = tx.query("INSERT INTO note (number, text) VALUES ($1, $2)", {number, text});
  if (!rows) return fail(rows.error());
  return {};
}

inline Result<void> add_note(storage::Database& database, std::int64_t number,
                             const std::string& text = "", const trace::Span* parent = nullptr) {
  return database.write(parent, "INSERT note",
                        [&](storage::Transaction& tx) { return insert_note(tx, number, text); });
}

inline std::set<std::int64_t> note_numbers(storage::Database& database) {
  return database
      .read(nullptr, "SELECT note",
            [](storage::Transaction& tx) -> Result<std::set<std::int64_t>> {
              std::set<std::int64_t> numbers;
              const auto rows = tx.query("SELECT number FROM note");
              if (!rows) return fail(rows.error());
              for (const storage::Row& row : *rows) numbers.insert(row.integer(0));
              return numbers;
            })
      .value();
}

}  // namespace msdemo::test
