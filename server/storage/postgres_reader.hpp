// Looking up in PostgreSQL: single SELECTs of callers that come at once share a message and its
// round trip.
#pragma once

#include <cstddef>
#include <exception>

#include "storage/combiner.hpp"
#include "storage/postgres_pool.hpp"

namespace msdemo::storage {

/// Thread-safe. One message at a time: the longer it takes, the more share the next.
class PostgresReader {
 public:
  /// `pool` must outlive it.
  explicit PostgresReader(PostgresPool& pool);

  /// Returns the rows of one SELECT. Each sees what was committed before it, whoever it shares the
  /// message with; and if one of them fails, the others run again, alone. Throws as
  /// PostgresSession::query().
  Result<Rows> look_up(const Statement& select);

  /// Callers whose SELECT was not sent.
  std::size_t waiting() const { return combiner_.waiting(); }

 private:
  struct LookUp : Combined {
    explicit LookUp(const Statement& statement) : select(statement) {}

    const Statement& select;
    Result<Rows> rows;
    std::exception_ptr exception;
  };
  using LookUps = Combiner<LookUp>::Batch;

  void serve(const LookUps& look_ups);
  static bool serve_together(PostgresSession& session, const LookUps& look_ups);
  static void serve_one(PostgresSession& session, LookUp& look_up);

  PostgresPool& pool_;
  Combiner<LookUp> combiner_;
};

}  // namespace msdemo::storage
