// The transactional outbox: what a service has to say, kept in its own database in the same
// transaction as what it did, until the broker has it. Without it, a crash between the commit and
// the publish would lose the message, and one between the publish and the commit would announce
// what never happened (Richardson: "Microservices Patterns", 2018, section 3.3).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
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

/// The step of a service's schema that makes its outbox.
inline constexpr std::string_view kOutboxSchema = R"(
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      topic TEXT NOT NULL,
      key TEXT NOT NULL,
      body TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      traceparent TEXT,
      parent_span_id TEXT
    ) STRICT;)";

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

  /// Both must outlive the outbox. `database` has kOutboxSchema applied.
  Outbox(storage::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// Adds an event, to be published to the topic of its type, to the caller's transaction: both
  /// happen or neither. Its traceparent is set, so that whatever follows from it belongs to
  /// `parent`'s trace. Fails with overloaded when limits::kOutboxMessages wait already. After the
  /// commit, call committed().
  Result<void> append(storage::Transaction& tx, Event event, const trace::Span& parent);

  /// Wakes the relay.
  void committed();

  /// Blocks until committed() was called since the last wait, or interrupt().
  void wait();
  void interrupt();

  /// The oldest entries, within limits::kBatchMessages and kBatchBytes.
  Result<std::vector<Entry>> oldest();

  /// The broker has them.
  Result<void> remove(const std::vector<Entry>& entries);

  /// How many entries wait.
  Result<std::int64_t> count();

  /// How long the oldest of them waits; 0 if none does.
  Result<std::chrono::nanoseconds> oldest_age();

 private:
  storage::Database& database_;
  const Clock& clock_;
  std::mutex mutex_;  ///< guards news_
  std::condition_variable wake_;
  bool news_ = true;  ///< a former process may have left something
};

}  // namespace msdemo::messaging
