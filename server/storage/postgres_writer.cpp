#include "storage/postgres_writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "faults/faults.hpp"
#include "resilience/backoff.hpp"
#include "storage/call.hpp"

namespace msdemo::storage {

namespace {

constexpr std::string_view kBegin = "BEGIN;";
constexpr std::string_view kBeginLater = "BEGIN; SET LOCAL synchronous_commit TO off;";

bool is_insert(const PostgresWriter::Write* write) {
  return write->insert != nullptr && write->succeeded();
}

template <class Writes>
void fail_all(Writes writes, const Error& error) {
  for (auto* const write : writes) {
    if (write->succeeded()) write->outcome = fail(error);
  }
}

}  // namespace

PostgresWriter::PostgresWriter(PostgresPool& pool, std::size_t transactions, Durability durability,
                               faults::Faults* faults)
    : pool_(pool),
      durability_(durability),
      faults_(faults),
      rng_(random_seed()),
      combiner_(transactions, limits::kWritesPerCommit, limits::kWriteQueue) {}

void PostgresWriter::run(Write& write) {
  if (!combiner_.run(write, [this](const std::vector<Write*>& writes) { decide(writes); })) {
    write.outcome = fail(too_many_writes());
  }
}

// ---- one transaction after another, until each write has its answer

void PostgresWriter::decide(Writes writes) {
  bool savepoints = false;
  bool connected_anew = false;
  for (int conflicts = 0;;) {
    for (Write* const write : writes) {
      write->shared_by = writes.size();
      write->exception = nullptr;
      write->outcome = {};
      if (!write->fault.empty()) write->outcome = fail(disk_is_full());
    }
    auto lease = pool_.take();
    if (!lease) return fail_all(writes, lease.error());
    switch (transact(*lease, writes, savepoints)) {
      case End::decided:
        return;
      case End::spoiled:
        savepoints = true;
        break;
      case End::lost: {
        const Error error{Code::upstream_unavailable,
                          "the connection to the database broke; nothing was stored",
                          "try again: the service connects anew by itself"};
        if (std::exchange(connected_anew, true)) return fail_all(writes, error);
        break;
      }
      case End::conflict: {
        const Error error{Code::overloaded,
                          "other transactions were in the way too often; nothing was stored",
                          "try again later"};
        if (++conflicts > limits::kConflictRetries) return fail_all(writes, error);
        stop_.wait(resilience::full_jitter(conflicts, rng_));
        break;
      }
    }
    if (conflicts > 0 && writes.size() > 1) {
      // The fewer rows a transaction holds, the fewer others it meets.
      for (Write* const& write : writes) decide(Writes(&write, 1));
      return;
    }
  }
}

PostgresWriter::End PostgresWriter::transact(PostgresPool::Lease& lease, Writes writes,
                                             bool savepoints) {
  const bool now =
      durability_ == Durability::full &&
      std::ranges::any_of(writes, [](const Write* write) { return write->sync == Sync::now; });
  std::string begin(now ? kBegin : kBeginLater);
  if (savepoints) {
    if (!lease->run_script(std::exchange(begin, {}))) return undo(lease, End::lost);
  }
  PostgresTransaction transaction(*lease, std::move(begin));
  if (!savepoints && writes.size() > 1 && std::ranges::all_of(writes, is_insert)) {
    const auto end = run_inserts(*lease, transaction, writes);
    return end ? undo(lease, *end) : commit(lease, writes);
  }
  for (Write* const write : writes) {
    if (!write->succeeded()) continue;
    const auto end =
        savepoints ? run_saved(*lease, transaction, *write) : run_one(*lease, transaction, *write);
    if (!end) continue;
    if (*end == End::spoiled && writes.size() == 1) return undo(lease, End::decided);
    return undo(lease, *end);
  }
  if (!transaction.begun() && !savepoints) return End::decided;
  return commit(lease, writes);
}

/// Runs single inserts, joined; an answer only if the transaction cannot go on after it.
std::optional<PostgresWriter::End> PostgresWriter::run_inserts(PostgresSession& session,
                                                               PostgresTransaction& transaction,
                                                               Writes writes) {
  std::vector<Insert*> inserts;
  for (const Write* const write : writes) inserts.push_back(write->insert);
  try {
    for (const JoinedInserts& joined : JoinedInserts::join(inserts)) {
      const auto [sql, parameters] = joined.statement();
      const auto added = transaction.query(sql, parameters);
      if (!added) return end_of(session);
      if (!joined.take_ids(*added)) return End::spoiled;
    }
  } catch (const std::logic_error& somebody_s_bug) {
    return End::spoiled;
  }
  for (Write* const write : writes) suffer_fault(*write);
  return std::ranges::all_of(writes, is_insert) ? std::nullopt : std::optional(End::spoiled);
}

/// What a failed statement makes of its transaction.
PostgresWriter::End PostgresWriter::end_of(const PostgresSession& session) {
  switch (session.trouble()) {
    case Trouble::lost:
      return End::lost;
    case Trouble::conflict:
      return End::conflict;
    default:
      return End::spoiled;
  }
}

/// Runs one function; an answer only if the transaction cannot go on after it.
std::optional<PostgresWriter::End> PostgresWriter::run_one(PostgresSession& session,
                                                           PostgresTransaction& transaction,
                                                           Write& write) {
  const std::int64_t changes = session.changes();
  try {
    write.outcome = write.body(transaction);
    if (write.outcome && transaction.failure()) write.outcome = fail(*transaction.failure());
    if (write.outcome && session.changes() != changes) suffer_fault(write);
  } catch (...) {
    write.exception = std::current_exception();
  }
  if (transaction.failure()) return end_of(session);
  if (!write.succeeded() && session.changes() != changes) return End::spoiled;
  return std::nullopt;
}

/// The same between a savepoint and its end, so that the others go on whatever happens.
std::optional<PostgresWriter::End> PostgresWriter::run_saved(PostgresSession& session,
                                                             PostgresTransaction& transaction,
                                                             Write& write) {
  if (!session.run_script("SAVEPOINT one")) return End::lost;
  const auto end = run_one(session, transaction, write);
  if (end && *end != End::spoiled) return end;
  transaction.forget_failure();
  const std::string over =
      end ? "ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one" : "RELEASE SAVEPOINT one";
  if (!session.run_script(over)) return End::lost;
  return std::nullopt;
}

PostgresWriter::End PostgresWriter::undo(PostgresPool::Lease& lease, End end) {
  if (!lease->run_script("ROLLBACK")) lease.discard();
  return end;
}

PostgresWriter::End PostgresWriter::commit(PostgresPool::Lease& lease, Writes writes) {
  const auto committed = lease->run_script("COMMIT");
  if (committed) return End::decided;
  // The server has undone what it refuses to commit. If it did not answer, nobody knows.
  if (lease->trouble() == Trouble::conflict) return undo(lease, End::conflict);
  if (lease->trouble() == Trouble::refused) {
    fail_all(writes, committed.error());
    return undo(lease, End::decided);
  }
  spdlog::error("postgresql: the connection broke during COMMIT: {} writes may be stored or not",
                writes.size());
  lease.discard();
  fail_all(writes, {Code::internal,
                    "the database did not say whether it stored this; it may or may not be there"});
  return End::decided;
}

/// A full disk would fail what changes something and nothing else. Each write meets it once,
/// however often it runs.
void PostgresWriter::suffer_fault(Write& write) const {
  if (faults_ == nullptr || std::exchange(write.met_faults_, true)) return;
  faults::Effect effect = faults_->meet_write();
  if (effect.outcome != faults::Outcome::full) return;
  write.fault = std::move(effect.rule);
  write.outcome = fail(disk_is_full());
}

}  // namespace msdemo::storage
