// Writing to PostgreSQL: callers that come while all writing connections are busy share the next
// transaction. It exists because a commit costs more than an insert, and a round trip more than
// either.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "storage/postgres_pool.hpp"

namespace msdemo::storage {

/// Has no thread of its own: a caller that finds a connection free runs the functions of all who
/// wait, and whoever waits first does so next. Thread-safe.
///
/// The functions of one transaction run one after another, at first without savepoints. If one of
/// them fails after it has changed something, all is undone, and done again with a savepoint for
/// each. So the usual write costs its own statements and a share of BEGIN and COMMIT, and a refused
/// one costs its neighbours one repetition.
class PostgresWriter {
 public:
  using Body = std::function<Result<void>(Transaction&)>;

  /// One caller and its answer. `body` outlives it.
  struct Write {
    Write(const Body& function, Sync when) : body(function), sync(when) {}

    const Body& body;
    const Sync sync;
    Result<void> outcome;
    std::exception_ptr exception;
    std::string fault;          ///< the sentence of the fault that hit it
    std::size_t shared_by = 0;  ///< how many writes its commit served

    bool succeeded() const { return outcome && !exception; }

   private:
    friend class PostgresWriter;
    bool met_faults_ = false;
    bool leads_ = false;
    bool done_ = false;
    std::condition_variable wake_;
  };

  /// All must outlive the writer; `faults` may be null.
  PostgresWriter(PostgresPool& pool, std::size_t transactions, Durability durability,
                 faults::Faults* faults);
  ~PostgresWriter() { stop_.stop(); }

  /// Returns when `write` has its answer.
  void run(Write& write);

  /// Callers whose function has not begun.
  std::size_t waiting() const;

 private:
  using Writes = std::span<Write* const>;

  /// How a transaction ended.
  enum class End {
    decided,   ///< every write has its answer
    spoiled,   ///< one write has spoiled it for the others; undone
    conflict,  ///< undone
    lost,      ///< the connection broke before COMMIT: undone
  };

  std::vector<Write*> take_batch(Write& leader);
  void finish(const std::vector<Write*>& batch);
  void decide(Writes writes);
  End transact(PostgresPool::Lease& lease, Writes writes, bool savepoints);
  std::optional<End> run_one(PostgresSession& session, PostgresTransaction& transaction,
                             Write& write);
  std::optional<End> run_saved(PostgresSession& session, PostgresTransaction& transaction,
                               Write& write);
  End undo(PostgresPool::Lease& lease, End end);
  End commit(PostgresPool::Lease& lease, Writes writes);
  void suffer_fault(Write& write) const;

  PostgresPool& pool_;
  const std::size_t transactions_;
  const Durability durability_;
  faults::Faults* const faults_;
  Rng rng_;
  StopSignal stop_;
  mutable std::mutex mutex_;  ///< guards everything below, and the private members of all writes
  std::deque<Write*> queue_;
  std::size_t leaders_ = 0;
};

}  // namespace msdemo::storage
