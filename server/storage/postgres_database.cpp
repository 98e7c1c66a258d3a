#include "storage/postgres_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/waiting.hpp"
#include "storage/call.hpp"
#include "storage/postgres_migration.hpp"

namespace msdemo::storage {

namespace {

constexpr std::string_view kSystem = "postgresql";

/// Set while a function runs, which is on some caller's thread.
thread_local bool within_write = false;

class WithinWrite {
 public:
  WithinWrite() { within_write = true; }
  WithinWrite(const WithinWrite&) = delete;
  WithinWrite& operator=(const WithinWrite&) = delete;
  ~WithinWrite() { within_write = false; }
};

template <class T>
Result<void> without_value(const Result<T>& result) {
  if (!result) return fail(result.error());
  return {};
}

/// Runs `call` with a span around it.
template <class Call>
auto traced(const trace::Span* parent, std::string_view name, Call&& call) {
  std::optional<trace::Span> span = start_span(parent, name, kSystem);
  const Waiting waiting;
  try {
    auto outcome = call();
    if (span) note_failure(*span, without_value(outcome), false);
    return outcome;
  } catch (...) {
    if (span) note_failure(*span, {}, true);
    throw;
  }
}

}  // namespace

PostgresDatabase::PostgresDatabase(const PostgresOptions& options,
                                   std::unique_ptr<PostgresAddress> address,
                                   std::unique_ptr<PostgresSession> first, faults::Faults* faults)
    : address_(std::move(address)),
      durability_(options.durability),
      readers_(*address_, options.schema, PostgresSession::Role::reader,
               options.connections - options.writers - 1),
      writers_(*address_, options.schema, PostgresSession::Role::writer, options.writers + 1),
      reader_(readers_),
      inserter_(writers_, 1, options.durability, faults),
      writer_(writers_, options.writers, options.durability, faults),
      peers_(*address_, options.schema) {
  writers_.add(std::move(first));
}

std::optional<PoolUse> PostgresDatabase::pool() const {
  const PoolUse reading = readers_.use();
  const PoolUse writing = writers_.use();
  return PoolUse{.in_use = reading.in_use + writing.in_use,
                 .waiting = reading.waiting + writing.waiting + reader_.waiting() +
                            inserter_.waiting() + writer_.waiting()};
}

Result<void> PostgresDatabase::run_write(const trace::Span* parent, std::string_view name,
                                         const Body& body, Sync sync) {
  const Body marked = [&body](Transaction& transaction) {
    const WithinWrite within;
    return body(transaction);
  };
  PostgresWriter::Write write{marked, sync};
  return carry_out(parent, name, write);
}

Result<std::optional<std::int64_t>> PostgresDatabase::run_insert(
    const trace::Span* parent, std::string_view name, std::string_view sql,
    std::span<const Value> parameters) {
  Insert insert{{sql, parameters}};
  const Body same = [&](Transaction& transaction) -> Result<void> {
    const auto id = transaction.insert(sql, parameters);
    if (!id) return fail(id.error());
    insert.id = *id;
    return {};
  };
  PostgresWriter::Write write{same, Sync::now, &insert};
  if (auto done = carry_out(parent, name, write); !done) return fail(std::move(done.error()));
  return insert.id;
}

Result<void> PostgresDatabase::carry_out(const trace::Span* parent, std::string_view name,
                                         PostgresWriter::Write& write) {
  if (within_write) throw std::logic_error("a write inside a write could wait for itself");
  std::optional<trace::Span> span = start_span(parent, name, kSystem);
  {
    const Waiting waiting;
    (write.insert != nullptr ? inserter_ : writer_).run(write);
  }
  if (span) {
    if (!write.fault.empty()) span->decide("fault.disk", write.fault);
    span->set("msdemo.durability", std::string(to_string(durability_)));
    span->set("msdemo.commit.batch", static_cast<std::int64_t>(write.shared_by));
    note_failure(*span, write.outcome, write.exception != nullptr);
    span->end();
  }
  if (write.exception) std::rethrow_exception(write.exception);
  return std::move(write.outcome);
}

Result<void> PostgresDatabase::run_read(const trace::Span* parent, std::string_view name,
                                        const Body& body) {
  return traced(parent, name, [&] { return look(body); });
}

Result<void> PostgresDatabase::look(const Body& body) {
  auto lease = readers_.take();
  if (!lease) return fail(std::move(lease.error()));
  PostgresTransaction transaction(**lease, "BEGIN ISOLATION LEVEL REPEATABLE READ;");
  // Whatever the function does, an exception included, the session goes back without a transaction.
  struct End {
    PostgresPool::Lease& lease;
    PostgresTransaction& transaction;
    ~End() {
      if (transaction.begun() && !lease->run_script("ROLLBACK")) lease.discard();
    }
  } const end{*lease, transaction};
  Result<void> outcome = body(transaction);
  if (outcome && transaction.failure()) return fail(*transaction.failure());
  return outcome;
}

Result<Rows> PostgresDatabase::run_look_up(const trace::Span* parent, std::string_view name,
                                           std::string_view sql,
                                           std::span<const Value> parameters) {
  return traced(parent, name, [&] { return reader_.look_up({sql, parameters}); });
}

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& wanted,
                                                std::span<const Migration> migrations,
                                                faults::Faults* faults) {
  auto address = PostgresAddress::parse(wanted.url);
  if (!address) return fail(std::move(address.error()));
  PostgresOptions options = wanted;
  options.schema = address->schema_of(wanted.schema);
  auto kept = std::make_unique<PostgresAddress>(std::move(*address));
  auto session = PostgresSession::open(*kept, options.schema, PostgresSession::Role::writer);
  if (!session) return fail(std::move(session.error()));
  if (auto migrated = migrate(**session, *kept, options.schema, migrations); !migrated) {
    return fail(std::move(migrated.error()));
  }
  return std::make_unique<PostgresDatabase>(options, std::move(kept), std::move(*session), faults);
}

Result<SchemaChange> migrate_postgres(const PostgresOptions& options,
                                      std::span<const Migration> migrations) {
  const auto address = PostgresAddress::parse(options.url);
  if (!address) return fail(address.error());
  const std::string schema = address->schema_of(options.schema);
  const auto session = PostgresSession::open(*address, schema, PostgresSession::Role::writer);
  if (!session) return fail(session.error());
  return migrate(**session, *address, schema, migrations);
}

}  // namespace msdemo::storage
