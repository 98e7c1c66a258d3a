// Where a service keeps its rows, and the only way to change them: a function inside a transaction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "storage/peers.hpp"
#include "trace/tracer.hpp"

namespace msdemo::faults {
class Faults;
}

namespace msdemo::storage {

/// A parameter or a column: SQL NULL, an integer or a text.
using Value = std::variant<std::monostate, std::int64_t, std::string>;

/// One row of a result. Asking for a column as what it is not is a bug and throws.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

  std::int64_t integer(std::size_t column) const {
    return std::get<std::int64_t>(values_.at(column));
  }
  const std::string& text(std::size_t column) const {
    return std::get<std::string>(values_.at(column));
  }
  bool is_null(std::size_t column) const { return values_.at(column).index() == 0; }

 private:
  std::vector<Value> values_;
};

using Rows = std::vector<Row>;

/// What a function given to write() or read() may do. Lives as long as that function runs and
/// belongs to its thread.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// Runs one statement with `$1`, `$2`, … bound to `parameters` and returns its rows. The SQL runs
  /// on every engine: `RETURNING` instead of last-insert-id, `ON CONFLICT` instead of error codes.
  /// Fails with storage_full or internal; after a failure of a write the function should return it.
  virtual Result<Rows> query(std::string_view sql, std::span<const Value> parameters) = 0;

  Result<Rows> query(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return query(sql, std::span(parameters.begin(), parameters.size()));
  }

  /// Inserts at most one row, into a table whose key is `id`, and returns its id; nothing if the
  /// statement's `ON CONFLICT DO NOTHING` left it out. What query() with `RETURNING id` does, for
  /// which SQLite builds a table of its own: that costs thrice the insert. Errors as query().
  virtual Result<std::optional<std::int64_t>> insert(std::string_view sql,
                                                     std::span<const Value> parameters);

  auto insert(std::string_view sql, std::initializer_list<Value> parameters) {
    return insert(sql, std::span(parameters.begin(), parameters.size()));
  }
};

/// How much an acknowledged write survives.
enum class Durability {
  full,    ///< power loss: the disk confirmed it
  normal,  ///< a killed process, but perhaps not power loss
};

std::string_view to_string(Durability durability);

/// When a write has to be on the disk.
enum class Sync {
  now,    ///< before write() returns, so far as the durability says
  later,  ///< with the next write that asks for now; until then a power cut can undo it, a killed
          ///< process cannot. For what may safely happen again.
};

/// One step of a service's schema: steps run in order, once, each in a transaction.
struct Migration {
  int version;                  ///< 1, 2, 3, …
  std::string_view sql;         ///< for SQLite
  std::string_view postgres{};  ///< for PostgreSQL; empty: `sql` serves both
};

/// How busy an engine's connections are.
struct PoolUse {
  std::size_t in_use = 0;
  std::size_t waiting = 0;  ///< callers
};

/// A service's own database. Thread-safe.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs `change` in a read-write transaction and returns after COMMIT: what it returned is then
  /// durable. If `change` returns an error, nothing of it is kept and the error is returned. If it
  /// throws, nothing is kept and the exception comes out here. Blocks; `change` runs on another
  /// thread and may run again after a failed attempt, so it touches nothing but the transaction and
  /// its own result. It sees what was committed before each of its statements; of what two of them
  /// do at once, one may wait for the other, and rows that it has changed or inserted stay as they
  /// are until it ends.
  ///
  /// Fails with storage_full, overloaded or upstream_unavailable when certainly nothing is kept,
  /// and with internal, which is not definite, when nobody knows: the connection broke during
  /// COMMIT.
  ///
  /// `parent` gets a span `name` from asking to committed; null or unsampled: none.
  template <class Change>
  auto write(const trace::Span* parent, std::string_view name, Change&& change,
             Sync sync = Sync::now) {
    return run([&](const Body& body) { return run_write(parent, name, body, sync); },
               std::forward<Change>(change));
  }

  /// Runs `look` on a consistent snapshot, on the caller's thread, beside any writer. Fails with
  /// overloaded, upstream_unavailable or internal.
  template <class Look>
  auto read(const trace::Span* parent, std::string_view name, Look&& look) {
    return run([&](const Body& body) { return run_read(parent, name, body); },
               std::forward<Look>(look));
  }

  /// Runs one SELECT, which is a snapshot by itself: what read() does, but on PostgreSQL in one
  /// round trip instead of two, and callers that come at once share it. Errors as read().
  Result<Rows> look_up(const trace::Span* parent, std::string_view name, std::string_view sql,
                       std::span<const Value> parameters) {
    return run_look_up(parent, name, sql, parameters);
  }

  Result<Rows> look_up(const trace::Span* parent, std::string_view name, std::string_view sql,
                       std::initializer_list<Value> parameters = {}) {
    return look_up(parent, name, sql, std::span(parameters.begin(), parameters.size()));
  }

  /// Inserts at most one row: what write() does with a function that is only Transaction::insert(),
  /// but on PostgreSQL those of callers that come at once become one statement. So `sql` has to be
  /// `INSERT INTO table (…) VALUES ($1, …)` with all parameters in their order, and `ON CONFLICT …
  /// DO NOTHING` at most. Errors as write().
  Result<std::optional<std::int64_t>> insert(const trace::Span* parent, std::string_view name,
                                             std::string_view sql,
                                             std::span<const Value> parameters) {
    return run_insert(parent, name, sql, parameters);
  }

  Result<std::optional<std::int64_t>> insert(const trace::Span* parent, std::string_view name,
                                             std::string_view sql,
                                             std::initializer_list<Value> parameters) {
    return insert(parent, name, sql, std::span(parameters.begin(), parameters.size()));
  }

  /// The other processes that share this database.
  virtual Peers& peers();

  /// Nothing on an engine without connections that callers could wait for.
  virtual std::optional<PoolUse> pool() const { return std::nullopt; }

 protected:
  using Body = std::function<Result<void>(Transaction&)>;

  virtual Result<void> run_write(const trace::Span* parent, std::string_view name, const Body& body,
                                 Sync sync) = 0;
  virtual Result<void> run_read(const trace::Span* parent, std::string_view name,
                                const Body& body) = 0;
  virtual Result<Rows> run_look_up(const trace::Span* parent, std::string_view name,
                                   std::string_view sql, std::span<const Value> parameters);
  virtual Result<std::optional<std::int64_t>> run_insert(const trace::Span* parent,
                                                         std::string_view name,
                                                         std::string_view sql,
                                                         std::span<const Value> parameters);

 private:
  /// Carries `fn`'s own Result<T> through the untyped virtual functions.
  template <class Runner, class Fn>
  std::invoke_result_t<Fn&, Transaction&> run(Runner&& runner, Fn&& fn) {
    using Answer = std::invoke_result_t<Fn&, Transaction&>;
    if constexpr (std::is_same_v<Answer, Result<void>>) {
      return runner(std::ref(fn));
    } else {
      Answer answer = fail(Code::internal, "the function never ran");
      const Result<void> done = runner([&](Transaction& tx) -> Result<void> {
        answer = fn(tx);
        if (!answer) return fail(answer.error());
        return {};
      });
      if (!done) return fail(done.error());
      return answer;
    }
  }
};

/// Opens (or makes) the SQLite database in `file` and brings its schema up to date. One process
/// owns the file. While `faults` say that the disk is full, writes fail with storage_full as they
/// would then; it may be null. Fails with lab_failed, saying what to do: the folder is missing or
/// not writable, the file is no database, or its schema is newer than this program.
Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& file,
                                              Durability durability,
                                              std::span<const Migration> migrations,
                                              faults::Faults* faults = nullptr);

/// A service's place on a PostgreSQL server.
struct PostgresOptions {
  std::string url;     ///< `postgresql://user:password@host:port/database`
  std::string schema;  ///< one a service; made if it is missing
  Durability durability = Durability::full;
  std::size_t connections = limits::kDatabaseConnections;  ///< at least two more than `writers`
  std::size_t writers = limits::kDatabaseWriters;          ///< of write() at once
};

/// Connects, and brings the schema up to date under an advisory lock: of replicas that start at
/// once, one migrates. Several processes may share a schema. `faults` as in open_sqlite(). Fails
/// with unreachable when no server answers, which may pass, with usage when the URL is none, and
/// with lab_failed, never naming the password, when the server refuses us, its schema is newer than
/// this program, or this program was built without PostgreSQL.
///
/// A server that goes away later fails the calls meanwhile with upstream_unavailable; the first
/// call after it is back connects anew.
Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options,
                                                std::span<const Migration> migrations,
                                                faults::Faults* faults = nullptr);

/// What bringing a schema up to date has done.
struct SchemaChange {
  std::int64_t before = 0;  ///< 0: there was none
  std::int64_t after = 0;
};

/// Only brings the schema up to date, as opening does. Errors as there.
Result<SchemaChange> migrate_sqlite(const std::filesystem::path& file,
                                    std::span<const Migration> migrations);
Result<SchemaChange> migrate_postgres(const PostgresOptions& options,
                                      std::span<const Migration> migrations);

}  // namespace msdemo::storage
