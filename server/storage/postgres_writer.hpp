// Writing to PostgreSQL: callers that come while all writing connections are busy share the next
// transaction.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "storage/combiner.hpp"
#include "storage/postgres_inserts.hpp"
#include "storage/postgres_pool.hpp"

namespace msdemo::storage {

/// Thread-safe. The functions of a transaction run one after another, or, if all of them are single
/// inserts, joined; at first without savepoints. If one of them fails after it has changed
/// something, or has inserted nothing, all is undone, and done again with a savepoint for each. So
/// the usual write costs its own statements and a share of BEGIN and COMMIT, and a refused one
/// costs its neighbours one repetition.
class PostgresWriter {
 public:
  using Body = std::function<Result<void>(Transaction&)>;

  /// One caller and its answer. What it names outlives it.
  struct Write : Combined {
    Write(const Body& function, Sync when, Insert* same = nullptr)
        : body(function), insert(same), sync(when) {}

    const Body& body;
    Insert* const insert;  ///< what `body` does, if it does nothing else; both are told the id
    const Sync sync;
    Result<void> outcome;
    std::exception_ptr exception;
    std::string fault;          ///< the sentence of the fault that hit it
    std::size_t shared_by = 0;  ///< how many writes its commit served

    bool succeeded() const { return outcome && !exception; }

   private:
    friend class PostgresWriter;
    bool met_faults_ = false;
  };

  /// All must outlive the writer; `faults` may be null.
  PostgresWriter(PostgresPool& pool, std::size_t transactions, Durability durability,
                 faults::Faults* faults);
  ~PostgresWriter() { stop_.stop(); }

  /// Returns when `write` has its answer.
  void run(Write& write);

  /// Callers whose function has not begun.
  std::size_t waiting() const { return combiner_.waiting(); }

 private:
  using Writes = std::span<Write* const>;

  /// How a transaction ended.
  enum class End {
    decided,   ///< every write has its answer
    spoiled,   ///< one write has spoiled it for the others; undone
    conflict,  ///< undone
    lost,      ///< the connection broke before COMMIT: undone
  };

  void decide(Writes writes);
  End transact(PostgresPool::Lease& lease, Writes writes, bool savepoints);
  std::optional<End> run_inserts(PostgresSession& session, PostgresTransaction& transaction,
                                 Writes writes);
  static End end_of(const PostgresSession& session);
  std::optional<End> run_one(PostgresSession& session, PostgresTransaction& transaction,
                             Write& write);
  std::optional<End> run_saved(PostgresSession& session, PostgresTransaction& transaction,
                               Write& write);
  End undo(PostgresPool::Lease& lease, End end);
  End commit(PostgresPool::Lease& lease, Writes writes);
  void suffer_fault(Write& write) const;

  PostgresPool& pool_;
  const Durability durability_;
  faults::Faults* const faults_;
  Rng rng_;
  StopSignal stop_;
  Combiner<Write> combiner_;
};

}  // namespace msdemo::storage
