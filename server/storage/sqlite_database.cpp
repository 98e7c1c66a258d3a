#include "storage/sqlite_database.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/waiting.hpp"
#include "faults/faults.hpp"
#include "storage/call.hpp"
#include "storage/migrations.hpp"

namespace msdemo::storage {

namespace {

/// SQLite's own default: about 4 MB of log between checkpoints.
constexpr int kCheckpointPages = 1000;
/// 64 MB: readers that overlap without a gap keep the log growing, so from here on wait for them.
constexpr int kCrowdedLogPages = 16 * 1024;

Result<SchemaChange> migrate(SqliteConnection& connection, std::span<const Migration> migrations) {
  const Result<Rows> version = connection.query("PRAGMA user_version");
  if (!version) return fail(version.error());
  const std::int64_t before = version->at(0).integer(0);
  const auto missing = missing_migrations(before, migrations);
  if (!missing) return fail(missing.error());
  for (const Migration& migration : *missing) {
    const Result<void> applied = connection.run_script(
        fmt::format("BEGIN IMMEDIATE;\n{};\nPRAGMA user_version = {};\nCOMMIT", migration.sql,
                    migration.version));
    if (!applied) {
      if (connection.in_transaction()) static_cast<void>(connection.run_script("ROLLBACK"));
      return fail(applied.error());
    }
  }
  return SchemaChange{.before = before, .after = static_cast<std::int64_t>(migrations.size())};
}

/// The file's owner and its one writing connection, its schema up to date.
struct OpenFile {
  FileOwnership ownership;
  std::unique_ptr<SqliteConnection> writer;
  SchemaChange change;
};

Result<OpenFile> open_file(const std::filesystem::path& file, Durability durability,
                           std::span<const Migration> migrations) {
  auto ownership = FileOwnership::take(file);
  if (!ownership) return fail(std::move(ownership.error()));
  if (const auto made = make_private(file); !made) return fail(made.error());
  auto writer = SqliteConnection::open(file, SqliteConnection::Role::writer, durability);
  if (!writer) {
    return cannot_open(file, writer.error().message,
                       "if it is no msdemo database, move it away and start again");
  }
  const auto migrated = migrate(**writer, migrations);
  if (!migrated) return cannot_open(file, migrated.error().message, migrated.error().hint);
  return OpenFile{std::move(*ownership), std::move(*writer), *migrated};
}

}  // namespace

SqliteDatabase::SqliteDatabase(FileOwnership ownership, std::unique_ptr<SqliteConnection> writer,
                               std::filesystem::path file, Durability durability,
                               faults::Faults* faults)
    : ownership_(std::move(ownership)),
      file_(std::move(file)),
      durability_(durability),
      faults_(faults),
      writer_(std::move(writer)),
      writer_thread_([this] { run_writer(); }) {}

SqliteDatabase::~SqliteDatabase() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
  }
  queued_.notify_one();
  writer_thread_.join();
  // The last connection to close moves the log into the database, so that must be the writer.
  idle_readers_.clear();
}

// ---- writing, as the caller sees it

Result<void> SqliteDatabase::run_write(const trace::Span* parent, std::string_view name,
                                       const Body& body, Sync sync) {
  if (std::this_thread::get_id() == writer_thread_.get_id()) {
    throw std::logic_error("a write inside a write would wait for itself");
  }
  std::optional<trace::Span> span = start_span(parent, name, "sqlite");
  Write* const write = enqueue(body, sync);
  if (write == nullptr) {
    const Result<void> refused = fail(too_many_writes());
    if (span) note_failure(*span, refused, false);
    return refused;
  }
  {
    const Waiting waiting;
    write->answered.wait();
  }

  Result<void> outcome = std::move(write->outcome);
  const std::exception_ptr exception = std::exchange(write->exception, nullptr);
  const std::size_t shared_by = write->shared_by;
  const std::string fault = std::exchange(write->fault, {});
  recycle(write);
  if (span) {
    if (!fault.empty()) span->decide("fault.disk", fault);
    span->set("msdemo.durability", std::string(to_string(durability_)));
    span->set("msdemo.commit.batch", static_cast<std::int64_t>(shared_by));
    note_failure(*span, outcome, exception != nullptr);
    span->end();
  }
  if (exception) std::rethrow_exception(exception);
  return outcome;
}

SqliteDatabase::Write* SqliteDatabase::enqueue(const Body& body, Sync sync) {
  Write* write = nullptr;
  bool wake = false;
  {
    const std::lock_guard lock(queue_mutex_);
    if (free_ != nullptr) {
      write = std::exchange(free_, free_->next);
    } else if (slots_.size() < limits::kWriteQueue) {
      write = &slots_.emplace_back();
    } else {
      return nullptr;
    }
    write->body = &body;
    write->sync = sync;
    write->outcome = {};
    write->next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = write;
    last_ = write;
    wake = std::exchange(writer_idle_, false);
  }
  if (wake) queued_.notify_one();
  return write;
}

void SqliteDatabase::recycle(Write* write) {
  const std::lock_guard lock(queue_mutex_);
  write->next = std::exchange(free_, write);
}

// ---- writing, on the writer's thread

void SqliteDatabase::run_writer() {
  Batch batch;
  batch.reserve(limits::kWritesPerCommit);
  while (take(batch)) {
    for (std::span<Write* const> rest = batch; !rest.empty();) {
      const std::size_t decided = transact(rest);
      for (Write* const write : rest.first(decided)) write->answered.post();
      rest = rest.subspan(decided);
    }
    checkpoint_when_due();
  }
}

/// Waits for writes and takes as many as one commit may serve. False: there will be none.
bool SqliteDatabase::take(Batch& batch) {
  batch.clear();
  std::unique_lock lock(queue_mutex_);
  while (first_ == nullptr) {
    if (stopping_) return false;
    writer_idle_ = true;
    queued_.wait(lock);
  }
  writer_idle_ = false;
  while (first_ != nullptr && batch.size() < limits::kWritesPerCommit) {
    batch.push_back(std::exchange(first_, first_->next));
  }
  return true;
}

/// Runs `writes` in one transaction and returns how many of them are decided: all, or fewer when
/// the engine gave the transaction up halfway.
std::size_t SqliteDatabase::transact(std::span<Write* const> writes) {
  const auto fail_all = [](std::span<Write* const> some, const Error& error) {
    for (Write* const write : some) {
      if (write->succeeded()) write->outcome = fail(error);
    }
  };
  for (Write* const write : writes) write->shared_by = writes.size();
  if (writer_->in_transaction()) static_cast<void>(writer_->query("ROLLBACK"));
  writer_->sync_commits(
      durability_ == Durability::full &&
      std::ranges::any_of(writes, [](const Write* write) { return write->sync == Sync::now; }));
  if (const auto begun = writer_->query("BEGIN IMMEDIATE"); !begun) {
    fail_all(writes, begun.error());
    return writes.size();
  }
  bool anything = false;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (const auto lost = run_one(*writes[i], writes.size() == 1)) {
      if (writer_->in_transaction()) static_cast<void>(writer_->query("ROLLBACK"));
      fail_all(writes.first(i + 1), *lost);
      return i + 1;
    }
    anything = anything || writes[i]->succeeded();
  }
  if (!anything) {
    static_cast<void>(writer_->query("ROLLBACK"));
  } else if (const Result<void> committed = commit(); !committed) {
    fail_all(writes, committed.error());
  }
  return writes.size();
}

/// Runs one function so that its failure undoes it alone. Returns an error if the whole transaction
/// is lost with it.
std::optional<Error> SqliteDatabase::run_one(Write& write, bool alone) {
  if (!alone) {
    if (const auto marked = writer_->query("SAVEPOINT one"); !marked) return marked.error();
  }
  SqliteTransaction transaction(*writer_);
  const int changes = writer_->changes();
  try {
    write.outcome = (*write.body)(transaction);
    if (write.outcome && transaction.failure()) write.outcome = fail(*transaction.failure());
    if (write.outcome && writer_->changes() != changes) suffer_fault(write);
  } catch (...) {
    write.exception = std::current_exception();
  }
  if (!writer_->in_transaction()) {
    return transaction.failure().value_or(
        Error{Code::internal, "a function ended the transaction that it was given"});
  }
  if (alone) return std::nullopt;
  if (!write.succeeded()) {
    if (const auto undone = writer_->query("ROLLBACK TO one"); !undone) return undone.error();
  }
  if (const auto released = writer_->query("RELEASE one"); !released) return released.error();
  return std::nullopt;
}

/// A full disk would fail what changes something and nothing else.
void SqliteDatabase::suffer_fault(Write& write) const {
  if (faults_ == nullptr) return;
  faults::Effect effect = faults_->meet_write();
  if (effect.outcome != faults::Outcome::full) return;
  write.fault = std::move(effect.rule);
  write.outcome = fail(disk_is_full());
}

/// Commits; if that fails, nothing of the transaction is kept.
Result<void> SqliteDatabase::commit() {
  const Result<Rows> committed = writer_->query("COMMIT");
  if (committed) return {};
  const bool certain = writer_->failed_before_log();
  if (writer_->in_transaction()) static_cast<void>(writer_->query("ROLLBACK"));
  // Only the disk's confirmation may have failed: the commit then stands whole in the log, and a
  // crash would bring it back, unless the log is emptied. If that fails too, nobody knows.
  if (certain || writer_->checkpoint(SqliteConnection::Checkpoint::truncate)) {
    return fail(committed.error());
  }
  spdlog::error("sqlite: a commit failed and may come back after a restart");
  return fail(Code::internal, "the disk did not confirm the write; it may or may not be stored");
}

/// After the answers, so that no caller waits for it.
void SqliteDatabase::checkpoint_when_due() {
  if (writer_->log_pages() < kCheckpointPages) return;
  const bool crowded = writer_->log_pages() >= kCrowdedLogPages;
  writer_->checkpoint(crowded ? SqliteConnection::Checkpoint::restart
                              : SqliteConnection::Checkpoint::passive);
}

// ---- reading

/// A reader on loan; waits for one when all are in use.
class SqliteDatabase::ReaderLease {
 public:
  explicit ReaderLease(SqliteDatabase& database) : database_(database) {
    std::unique_lock lock(database_.readers_mutex_);
    database_.reader_returned_.wait(lock, [&] {
      return !database_.idle_readers_.empty() || database_.readers_ < limits::kReadConnections;
    });
    if (database_.idle_readers_.empty()) {
      ++database_.readers_;
    } else {
      connection_ = std::move(database_.idle_readers_.back());
      database_.idle_readers_.pop_back();
    }
  }
  ReaderLease(const ReaderLease&) = delete;
  ReaderLease& operator=(const ReaderLease&) = delete;

  ~ReaderLease() {
    if (connection_ && connection_->in_transaction()) {
      static_cast<void>(connection_->query("ROLLBACK"));
      if (connection_->in_transaction()) connection_.reset();
    }
    {
      const std::lock_guard lock(database_.readers_mutex_);
      if (connection_) {
        database_.idle_readers_.push_back(std::move(connection_));
      } else {
        --database_.readers_;
      }
    }
    database_.reader_returned_.notify_one();
  }

  /// Opens the connection when it is the first use of this place in the pool.
  Result<SqliteConnection*> connection() {
    if (!connection_) {
      auto opened = SqliteConnection::open(database_.file_, SqliteConnection::Role::reader,
                                           database_.durability_);
      if (!opened) return fail(std::move(opened.error()));
      connection_ = std::move(*opened);
    }
    return connection_.get();
  }

 private:
  SqliteDatabase& database_;
  std::unique_ptr<SqliteConnection> connection_;
};

Result<void> SqliteDatabase::run_read(const trace::Span* parent, std::string_view name,
                                      const Body& body) {
  std::optional<trace::Span> span = start_span(parent, name, "sqlite");
  const auto look = [&]() -> Result<void> {
    ReaderLease lease(*this);
    const Result<SqliteConnection*> connection = lease.connection();
    if (!connection) return fail(connection.error());
    if (const auto begun = (*connection)->query("BEGIN"); !begun) return fail(begun.error());
    SqliteTransaction transaction(**connection);
    Result<void> outcome = body(transaction);
    if (outcome && transaction.failure()) return fail(*transaction.failure());
    return outcome;
  };
  try {
    Result<void> outcome = look();
    if (span) note_failure(*span, outcome, false);
    return outcome;
  } catch (...) {
    if (span) note_failure(*span, {}, true);
    throw;
  }
}

Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& file,
                                              Durability durability,
                                              std::span<const Migration> migrations,
                                              faults::Faults* faults) {
  auto opened = open_file(file, durability, migrations);
  if (!opened) return fail(std::move(opened.error()));
  return std::make_unique<SqliteDatabase>(std::move(opened->ownership), std::move(opened->writer),
                                          file, durability, faults);
}

Result<SchemaChange> migrate_sqlite(const std::filesystem::path& file,
                                    std::span<const Migration> migrations) {
  const auto opened = open_file(file, Durability::full, migrations);
  if (!opened) return fail(opened.error());
  return opened->change;
}

}  // namespace msdemo::storage
