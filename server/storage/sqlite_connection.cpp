#include "storage/sqlite_connection.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <cerrno>
#include <stdexcept>

#include "base/limits.hpp"
#include "storage/call.hpp"

namespace msdemo::storage {

namespace {

/// Nobody in this process makes a connection wait; a curious `sqlite3` on the same file may.
constexpr int kBusyWaitMs = 1000;

/// Resets a statement whatever happened, so that it neither holds a snapshot nor refuses to be
/// bound again.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(SQLite::Statement& statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;
  ~ResetAtEnd() { statement_.tryReset(); }

 private:
  SQLite::Statement& statement_;
};

void bind(SQLite::Statement& statement, int position, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    statement.bind(position, *integer);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    // The caller's text outlives the statement's run, and each run binds every parameter anew.
    statement.bindNoCopy(position, *text);
  } else {
    statement.bind(position);
  }
}

Value value_of(const SQLite::Column& column) {
  if (column.isInteger()) return Value(std::in_place_type<std::int64_t>, column.getInt64());
  if (column.isText()) return Value(std::in_place_type<std::string>, column.getString());
  if (column.isNull()) return Value();
  throw std::logic_error(fmt::format("column {} is no integer and no text", column.getName()));
}

Row row_of(const SQLite::Statement& statement) {
  std::vector<Value> values;
  const int count = statement.getColumnCount();
  values.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) values.push_back(value_of(statement.getColumn(i)));
  return Row(std::move(values));
}

bool says_full(int primary_code, int system_error) {
  if (primary_code == SQLITE_FULL) return true;
  const bool of_system = primary_code == SQLITE_IOERR || primary_code == SQLITE_CANTOPEN;
  return of_system && (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG);
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& file,
                                                                 Role role, Durability durability) {
  try {
    return std::unique_ptr<SqliteConnection>(new SqliteConnection(file, role, durability));
  } catch (const SQLite::Exception& exception) {
    spdlog::error("sqlite: opening {}: {} (code {})", file.string(), exception.what(),
                  exception.getExtendedErrorCode());
    return fail(Code::internal, exception.what());
  }
}

SqliteConnection::SqliteConnection(const std::filesystem::path& file, Role role,
                                   Durability durability)
    : database_(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, kBusyWaitMs) {
  configure(role, durability);
}

void SqliteConnection::configure(Role role, Durability durability) {
  sqlite3* const handle = database_.getHandle();
  const auto set = [&](int option, int value) {
    database_.check(sqlite3_db_config(handle, option, value, nullptr));
  };
  set(SQLITE_DBCONFIG_DEFENSIVE, 1);
  set(SQLITE_DBCONFIG_DQS_DDL, 0);
  set(SQLITE_DBCONFIG_DQS_DML, 0);
  set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  set(SQLITE_DBCONFIG_ENABLE_FKEY, 1);
  // Two connections that write or checkpoint at once can corrupt the log (sqlite.org/wal.html,
  // "the WAL-reset bug"), and memory-mapped pages have made it worse: the writer does it all.
  if (role == Role::reader) {
    set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
    database_.exec("PRAGMA mmap_size = 0; PRAGMA query_only = ON");
    return;
  }
  database_.exec("PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF; PRAGMA journal_mode = WAL");
  database_.exec("PRAGMA synchronous = NORMAL");
  sync_commits(durability == Durability::full);
  // Taking the hook also turns SQLite's own checkpoints off, which would delay the commit's answer.
  const auto remember = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<SqliteConnection*>(self)->log_pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle, remember, this);
}

Result<Rows> SqliteConnection::query(std::string_view sql, std::span<const Value> parameters) {
  int system_error = 0;
  errno = 0;
  try {
    auto& [statement, positions] = prepare(sql);
    if (parameters.size() != positions.size()) {
      throw std::logic_error(fmt::format("{} parameters given, {} needed by: {}", parameters.size(),
                                         positions.size(), sql));
    }
    const ResetAtEnd reset(statement);
    for (std::size_t i = 0; i < positions.size(); ++i) {
      bind(statement, positions[i], parameters[i]);
    }
    Rows rows;
    int code = statement.tryExecuteStep();
    for (; code == SQLITE_ROW; code = statement.tryExecuteStep()) rows.push_back(row_of(statement));
    if (code == SQLITE_DONE) return rows;
    // SQLite forgets the reason of the system when a COMMIT fails, so it is read at once.
    system_error = errno;
    throw SQLite::Exception(database_.getHandle(), code);
  } catch (const SQLite::Exception& exception) {
    return fail(explain(exception, system_error, sql));
  }
}

Result<std::optional<std::int64_t>> SqliteConnection::insert(std::string_view sql,
                                                             std::span<const Value> parameters) {
  const Result<Rows> done = query(sql, parameters);
  if (!done) return fail(done.error());
  sqlite3* const handle = database_.getHandle();
  if (sqlite3_changes(handle) == 0) return std::optional<std::int64_t>();
  return sqlite3_last_insert_rowid(handle);
}

Result<void> SqliteConnection::run_script(std::string_view sql) {
  errno = 0;
  try {
    database_.exec(std::string(sql));
    return {};
  } catch (const SQLite::Exception& exception) {
    return fail(explain(exception, errno, sql));
  }
}

void SqliteConnection::sync_commits(bool sync) {
  if (std::exchange(syncs_commits_, sync) == sync) return;
  database_.exec(sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

int SqliteConnection::changes() const {
  return sqlite3_total_changes(database_.getHandle());
}

bool SqliteConnection::checkpoint(Checkpoint kind) {
  int mode = SQLITE_CHECKPOINT_PASSIVE;
  if (kind == Checkpoint::restart) mode = SQLITE_CHECKPOINT_RESTART;
  if (kind == Checkpoint::truncate) mode = SQLITE_CHECKPOINT_TRUNCATE;
  int pages = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.getHandle(), nullptr, mode, &pages, &moved);
  return code == SQLITE_OK && pages == moved;
}

SqliteConnection::Prepared& SqliteConnection::prepare(std::string_view sql) {
  if (const auto known = by_sql_.find(sql); known != by_sql_.end()) {
    statements_.splice(statements_.begin(), statements_, known->second);
    return statements_.front();
  }
  SQLite::Statement statement(database_, std::string(sql));
  std::vector<int> positions;
  for (int number = 1; number <= statement.getBindParameterCount(); ++number) {
    positions.push_back(statement.getIndex(fmt::format("${}", number).c_str()));
    if (positions.back() == 0) throw std::logic_error(fmt::format("no ${} in: {}", number, sql));
  }
  if (statements_.size() >= limits::kCachedStatements) {
    by_sql_.erase(statements_.back().statement.getQuery());
    statements_.pop_back();
  }
  statements_.push_front({std::move(statement), std::move(positions)});
  by_sql_.emplace(statements_.front().statement.getQuery(), statements_.begin());
  return statements_.front();
}

Error SqliteConnection::explain(const SQLite::Exception& exception, int system_error,
                                std::string_view sql) {
  const int code = exception.getExtendedErrorCode();
  const int primary = code & 0xff;
  failed_before_log_ = primary == SQLITE_FULL || code == SQLITE_IOERR_WRITE;
  if (says_full(primary, system_error)) return disk_is_full();
  if (primary == SQLITE_BUSY) {
    return {Code::overloaded, "another program is writing to the database; nothing was stored",
            "End the other program's transaction and try again."};
  }
  spdlog::error("sqlite: {} (code {}, errno {}) in: {}", exception.what(), code, system_error, sql);
  return {Code::internal, "the database failed; the service's log says how"};
}

template <class Statement>
std::invoke_result_t<Statement> SqliteTransaction::unless_failed(Statement&& statement) {
  if (failure_) return fail(*failure_);
  auto answer = statement();
  if (!answer) failure_ = answer.error();
  return answer;
}

Result<Rows> SqliteTransaction::query(std::string_view sql, std::span<const Value> parameters) {
  return unless_failed([&] { return connection_.query(sql, parameters); });
}

Result<std::optional<std::int64_t>> SqliteTransaction::insert(std::string_view sql,
                                                              std::span<const Value> parameters) {
  return unless_failed([&] { return connection_.insert(sql, parameters); });
}

}  // namespace msdemo::storage
