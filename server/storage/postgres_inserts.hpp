// Inserts of callers that come at once, made one statement of several rows: for PostgreSQL that is
// half the work of as many statements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/postgres_session.hpp"

namespace msdemo::storage {

/// A write that is nothing but `INSERT … VALUES ($1, …) …`, of at most one row.
struct Insert {
  Statement statement;
  std::optional<std::int64_t> id{};  ///< of the row, if one was inserted
};

/// Inserts that differ in their parameters only.
class JoinedInserts {
 public:
  /// Sorts `inserts`, which outlive the result, into such as can go together.
  static std::vector<JoinedInserts> join(const std::vector<Insert*>& inserts);

  Statement statement() const { return {sql_, parameters_}; }

  /// What the statement has returned. False, and nobody has an id, if there is not one for each: it
  /// does not tell whose row is missing.
  bool take_ids(const Rows& rows) const;

 private:
  bool has_room_for(const Insert& insert) const;
  void write_statement();

  std::vector<Insert*> inserts_;
  std::string sql_;
  std::vector<Value> parameters_;
};

}  // namespace msdemo::storage
