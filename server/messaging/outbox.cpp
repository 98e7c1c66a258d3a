#include "messaging/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/limits.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::messaging {

namespace {

using storage::Row;
using storage::Rows;
using storage::Transaction;
using storage::Value;

/// The channel and the role by which the processes that share an outbox know it.
constexpr const char* kNews = "outbox";

/// How many entries one statement removes: few sizes, so that few statements are prepared.
constexpr std::array<std::size_t, 3> kRemovals = {1, 16, limits::kBatchMessages};

std::string removal(std::size_t count) {
  std::string sql = "DELETE FROM outbox WHERE id IN ($1";
  for (std::size_t i = 2; i <= count; ++i) sql += fmt::format(", ${}", i);
  return sql + ")";
}

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
  return check_room(tx, added->value());
}

/// Asks the database only when the newest id is too far from the least that was seen when it was
/// last asked: once in a million entries, while the broker keeps up.
Result<void> Outbox::check_room(Transaction& tx, std::int64_t id) {
  if (id - least_id_ < limits::kOutboxMessages) return {};
  const auto oldest = tx.query("SELECT min(id) FROM outbox");
  if (!oldest) return fail(oldest.error());
  least_id_ = oldest->front().integer(0);
  if (id - least_id_ < limits::kOutboxMessages) return {};
  return fail(Code::overloaded, "too many messages wait for the broker; try again later");
}

/// The right to publish, and the news that whoever has it needs.
class Outbox::Leading final : public storage::Membership {
 public:
  explicit Leading(Outbox& outbox)
      : outbox_(outbox),
        news_(outbox.database_.peers().listen(kNews, [&](std::string_view) { outbox.wake(); })),
        leadership_(outbox.database_.peers().lead(kNews, [&] { outbox.wake(); })) {}
  Leading(const Leading&) = delete;
  Leading& operator=(const Leading&) = delete;
  ~Leading() override { outbox_.published_here_ = false; }

  bool held() const override {
    const bool leads = leadership_->held();
    // What was committed since it was lost was told to nobody.
    const bool lost = outbox_.published_here_.exchange(leads) && !leads;
    if (lost) outbox_.database_.peers().announce(kNews, {});
    return leads;
  }

 private:
  Outbox& outbox_;
  std::unique_ptr<storage::Membership> news_;
  std::unique_ptr<storage::Membership> leadership_;
};

std::unique_ptr<storage::Membership> Outbox::lead() {
  return std::make_unique<Leading>(*this);
}

void Outbox::committed() {
  wake();
  if (!published_here_) database_.peers().announce(kNews, {});
}

void Outbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    news_ = true;
  }
  wake_.notify_one();
}

void Outbox::interrupt() {
  wake();
}

void Outbox::wait() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return news_; });
  news_ = false;
}

Result<std::vector<Outbox::Entry>> Outbox::oldest() {
  const Result<Rows> rows =
      database_.look_up(nullptr, "SELECT outbox",
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
}

Result<void> Outbox::remove(const std::vector<Entry>& entries) {
  if (entries.empty()) return {};
  // By their ids, not up to the last: those between that became visible only now are not published.
  const auto size =
      *std::ranges::find_if(kRemovals, [&](std::size_t room) { return entries.size() <= room; });
  const std::string sql = removal(size);
  std::vector<Value> ids;
  for (std::size_t i = 0; i < size; ++i) {
    ids.emplace_back(entries[std::min(i, entries.size() - 1)].id);
  }
  const auto remove_all = [&](Transaction& tx) -> Result<void> {
    const auto removed = tx.query(sql, std::span<const Value>(ids));
    if (!removed) return fail(removed.error());
    return {};
  };
  return database_.write(nullptr, "DELETE outbox", remove_all, storage::Sync::later);
}

Result<std::int64_t> Outbox::count() {
  const auto rows = database_.look_up(nullptr, "SELECT outbox",
                                      "SELECT coalesce(max(id) - min(id) + 1, 0) FROM outbox");
  if (!rows) return fail(rows.error());
  return rows->front().integer(0);
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
