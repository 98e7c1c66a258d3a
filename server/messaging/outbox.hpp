// The transactional outbox: what a service has to say, kept in its own database in the same
// transaction as what it did, until the broker has it. Without it, a crash between the commit and
// the publish would lose the message, and one between the publish and the commit would announce
// what never happened (Richardson: "Microservices Patterns", 2018, section 3.3).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "messaging/broker.hpp"
#include "messaging/event.hpp"
#include "storage/database.hpp"
#include "trace/tracer.hpp"

namespace msdemo::messaging {

/// The step of a service's schema that makes its outbox. On PostgreSQL a table whose rows come and
/// go is cleaned by how many have gone, not by the share of those that are there.
constexpr storage::Migration outbox_step(int version) {
  return {version, R"(
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      topic TEXT NOT NULL,
      key TEXT NOT NULL,
      body TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      traceparent TEXT,
      parent_span_id TEXT
    ) STRICT;)",
          R"(
    CREATE TABLE outbox (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      topic TEXT NOT NULL,
      key TEXT NOT NULL,
      body TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      traceparent TEXT,
      parent_span_id TEXT
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000))"};
}

/// Several processes may append to one outbox; only the one that leads publishes it.
///
/// Where several transactions write at once, ids become visible out of order: entry 8 may be there
/// while the transaction of entry 7 still runs. Nothing is lost by that, because there is no cursor
/// to pass 7 by: oldest() reads whatever is there, and remove() removes exactly what was published.
/// Entries of one partition key stay in order if their transactions come one after another, as they
/// do here: whoever appends has first inserted or updated the row that the key names, so that the
/// next one waits for its end before it is given an id. Entries of different keys may overtake each
/// other. (To wait for every older transaction of the server, by its snapshot's xmin, would order
/// them, too; but then one that hangs, in whatever database, would keep everything back.)
///
/// Thread-safe.
class Outbox {
 public:
  struct Entry {
    std::int64_t id;
    Message message;
    std::int64_t created_unix_nano;
    /// Of the span `publish <topic>`, which begins with the entry and ends when the broker has
    /// confirmed it; nothing is sampled if it is not valid.
    trace::SpanContext span;
    trace::SpanId parent_span;
  };

  /// Both must outlive the outbox. `database` has outbox_step() applied.
  Outbox(storage::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// Adds an event, to be published to the topic of its type, to the caller's transaction: both
  /// happen or neither. Its traceparent is set, so that whatever follows from it belongs to
  /// `parent`'s trace. Fails with overloaded when limits::kOutboxMessages wait already, counted by
  /// the difference of ids: where ids have gaps, that may be a little sooner. After the commit,
  /// call committed().
  Result<void> append(storage::Transaction& tx, Event event, const trace::Span& parent);

  /// Wakes the relay, in whichever process it is.
  void committed();

  /// Asks for the right to publish, as long as the answer lives. wait() returns when it comes, and
  /// whenever another process has committed entries.
  std::unique_ptr<storage::Membership> lead();

  /// Blocks until there is news since the last wait, or interrupt().
  void wait();
  void interrupt();

  /// The oldest entries, within limits::kBatchMessages and kBatchBytes.
  Result<std::vector<Entry>> oldest();

  /// The broker has them.
  Result<void> remove(const std::vector<Entry>& entries);

  /// How many entries wait; where ids have gaps, at most so many.
  Result<std::int64_t> count();

  /// How long the oldest of them waits; 0 if none does.
  Result<std::chrono::nanoseconds> oldest_age();

 private:
  class Leading;

  void wake();
  Result<void> check_room(storage::Transaction& tx, std::int64_t id);

  storage::Database& database_;
  const Clock& clock_;
  std::atomic<bool> published_here_ = false;
  /// No entry that waits has a smaller id: entries are only ever removed, and ids given once.
  std::atomic<std::int64_t> least_id_ = 0;
  std::mutex mutex_;  ///< guards news_
  std::condition_variable wake_;
  bool news_ = true;  ///< a former process may have left something
};

}  // namespace msdemo::messaging
