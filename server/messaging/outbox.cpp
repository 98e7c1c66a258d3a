#include "messaging/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::messaging {

namespace {

using storage::Row;
using storage::Rows;
using storage::Transaction;
using storage::Value;

Outbox::Entry entry_of(const Row& row) {
  Outbox::Entry entry{.id = row.integer(0),
                      .message = {row.text(1), row.text(2), row.text(3)},
                      .created_unix_nano = row.integer(4),
                      .span = {},
                      .parent_span = {}};
  if (row.is_null(5)) return entry;
  entry.span = trace::parse_traceparent(row.text(5)).value_or(trace::SpanContext{});
  entry.parent_span = trace::SpanId::from_hex(row.text(6)).value_or(trace::SpanId{});
  return entry;
}

}  // namespace

Result<void> Outbox::append(Transaction& tx, Event event, const trace::Span& parent) {
  const trace::SpanContext span = parent.next_context();
  event.traceparent = trace::format_traceparent(span);
  Value traceparent;
  Value parent_span;
  if (span.sampled) {
    traceparent = event.traceparent;
    parent_span = parent.context().span_id.hex();
  }
  const auto added = tx.insert(
      "INSERT INTO outbox (topic, key, body, created_at, traceparent, parent_span_id)"
      " VALUES ($1, $2, $3, $4, $5, $6)",
      {event.type, event.partition_key, to_text(event), unix_nano(clock_.system_now()), traceparent,
       parent_span});
  if (!added) return fail(added.error());
  const auto oldest = tx.query("SELECT min(id) FROM outbox");
  if (!oldest) return fail(oldest.error());
  if (added->value() - oldest->front().integer(0) >= limits::kOutboxMessages) {
    return fail(Code::overloaded, "too many messages wait for the broker; try again later");
  }
  return {};
}

void Outbox::committed() {
  {
    const std::lock_guard lock(mutex_);
    news_ = true;
  }
  wake_.notify_one();
}

void Outbox::interrupt() {
  committed();
}

void Outbox::wait() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return news_; });
  news_ = false;
}

Result<std::vector<Outbox::Entry>> Outbox::oldest() {
  using Answer = Result<std::vector<Entry>>;
  return database_.read(nullptr, "SELECT outbox", [](Transaction& tx) -> Answer {
    const Result<Rows> rows = tx.query(
        "SELECT id, topic, key, body, created_at, traceparent, parent_span_id"
        " FROM outbox ORDER BY id LIMIT $1",
        {static_cast<std::int64_t>(limits::kBatchMessages)});
    if (!rows) return fail(rows.error());
    std::vector<Entry> entries;
    entries.reserve(rows->size());
    std::size_t bytes = 0;
    for (const Row& row : *rows) {
      bytes += row.text(3).size();
      if (bytes > limits::kBatchBytes && !entries.empty()) break;
      entries.push_back(entry_of(row));
    }
    return entries;
  });
}

Result<void> Outbox::remove(const std::vector<Entry>& entries) {
  // One by one: on engines with several writers, ids between the first and the last may become
  // visible only now.
  const auto remove_each = [&](Transaction& tx) -> Result<void> {
    for (const Entry& entry : entries) {
      const auto removed = tx.query("DELETE FROM outbox WHERE id = $1", {entry.id});
      if (!removed) return fail(removed.error());
    }
    return {};
  };
  return database_.write(nullptr, "DELETE outbox", remove_each, storage::Sync::later);
}

Result<std::int64_t> Outbox::count() {
  return database_.read(nullptr, "SELECT outbox", [](Transaction& tx) -> Result<std::int64_t> {
    const auto rows = tx.query("SELECT coalesce(max(id) - min(id) + 1, 0) FROM outbox");
    if (!rows) return fail(rows.error());
    return rows->front().integer(0);
  });
}

Result<std::chrono::nanoseconds> Outbox::oldest_age() {
  const auto created = database_.read(
      nullptr, "SELECT outbox", [](Transaction& tx) -> Result<std::optional<std::int64_t>> {
        const auto rows = tx.query("SELECT created_at FROM outbox ORDER BY id LIMIT 1");
        if (!rows) return fail(rows.error());
        return rows->empty() ? std::nullopt : std::optional(rows->front().integer(0));
      });
  if (!created) return fail(created.error());
  if (!*created) return std::chrono::nanoseconds(0);
  // The clock may have been set back meanwhile.
  const std::int64_t age = unix_nano(clock_.system_now()) - **created;
  return std::chrono::nanoseconds(std::max<std::int64_t>(age, 0));
}

}  // namespace msdemo::messaging
