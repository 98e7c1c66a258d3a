// One connection to an SQLite file: its settings, its prepared statements, its errors. It exists so
// that SQLite's ways, from the numbering of `$n` to exceptions, end here.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/database.hpp"

namespace msdemo::storage {

/// Belongs to one thread at a time. Throws nothing of SQLite's: engine errors come out as
/// storage_full, overloaded or internal, the last with its details in the log.
class SqliteConnection {
 public:
  enum class Role { writer, reader };
  enum class Checkpoint { passive, restart, truncate };

  static Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& file,
                                                        Role role, Durability durability);

  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// Runs one statement, prepared once and then kept. A column that is neither NULL, integer nor
  /// text is a bug and throws.
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters = {});

  /// As Transaction::insert().
  Result<std::optional<std::int64_t>> insert(std::string_view sql,
                                             std::span<const Value> parameters);

  /// Runs several statements that take no parameters.
  Result<void> run_script(std::string_view sql);

  /// False also after the engine gave a transaction up by itself, as it does when the disk is full.
  bool in_transaction() const;

  /// Rows that this connection has changed since it was opened, those undone again included.
  int changes() const;

  /// Whether commits reach the disk before they return. Not within a transaction.
  void sync_commits(bool sync);

  /// Pages in the write-ahead log after the last commit or checkpoint of this connection.
  int log_pages() const { return log_pages_; }

  /// Moves the log's pages into the database. False: a reader kept it from finishing.
  bool checkpoint(Checkpoint kind);

  /// Did the last failure come before a commit can have reached the log whole?
  bool failed_before_log() const { return failed_before_log_; }

 private:
  struct Prepared {
    SQLite::Statement statement;
    std::vector<int> positions;  ///< where SQLite put $1, $2, …: it numbers by first appearance
  };

  SqliteConnection(const std::filesystem::path& file, Role role, Durability durability);
  void configure(Role role, Durability durability);
  Prepared& prepare(std::string_view sql);
  Error explain(const SQLite::Exception& exception, int system_error, std::string_view sql);

  SQLite::Database database_;
  std::list<Prepared> statements_;  ///< the most recently used first
  std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_sql_;
  int log_pages_ = 0;
  bool syncs_commits_ = false;
  bool failed_before_log_ = false;
};

/// What a store's function sees of a connection. After a failed statement every further one fails
/// the same way, as on engines that refuse to go on.
class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}

  using Transaction::insert;
  using Transaction::query;
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override;
  Result<std::optional<std::int64_t>> insert(std::string_view sql,
                                             std::span<const Value> parameters) override;

  const std::optional<Error>& failure() const { return failure_; }

 private:
  template <class Statement>
  std::invoke_result_t<Statement> unless_failed(Statement&& statement);

  SqliteConnection& connection_;
  std::optional<Error> failure_;
};

}  // namespace msdemo::storage
