// One connection to PostgreSQL: its settings, its prepared statements, its errors. It exists so
// that libpqxx's ways, and the differences between its versions 6 and 7, end here.
#pragma once

#include <list>
#include <memory>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/database.hpp"
#include "storage/postgres_address.hpp"

namespace msdemo::storage {

/// What a failure means for the transaction around it.
enum class Trouble {
  none,
  refused,   ///< the statement was wrong, or there was no room: it would fail again
  conflict,  ///< it met another transaction: begun anew, it can succeed
  lost,      ///< the connection broke, or the server ended it
};

/// One SELECT, INSERT, UPDATE or DELETE, and what its `$1`, `$2`, … stand for.
struct Statement {
  std::string_view sql;
  std::span<const Value> parameters;
};

/// Belongs to one thread at a time. Throws nothing of libpqxx's: engine errors come out as
/// storage_full, overloaded, upstream_unavailable or internal, the last with its details in the
/// log.
class PostgresSession {
 public:
  enum class Role { writer, reader, peer };

  /// Fails as PostgresAddress::explain_refusal() says.
  static Result<std::unique_ptr<PostgresSession>> open(const PostgresAddress& address,
                                                       const std::string& schema, Role role);

  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  /// Runs one statement, prepared once and then kept. `first` is SQL that goes ahead of it in the
  /// same message, like `BEGIN;`: what is one round trip less. A column that is neither NULL,
  /// integer nor text is a bug and throws, as does a wrong number of parameters.
  Result<Rows> query(const Statement& statement, std::string_view first = {});

  /// Runs several, at most limits::kCachedStatements, in one message: what is as many round trips
  /// less. Returns the rows of each. If one fails, so does the whole; those after it have not run.
  Result<std::vector<Rows>> query_all(std::span<const Statement> statements);

  /// Runs several statements that take no parameters, in one message.
  Result<pqxx::result> run_script(const std::string& sql);

  /// Open, and the server has not said anything unasked, as it does before it goes away. Costs no
  /// round trip.
  bool healthy() const;

  bool open() const { return connection_.is_open(); }

  /// What the last failure meant.
  Trouble trouble() const { return trouble_; }

  /// Rows that this connection has changed since it was opened, those undone again included.
  std::int64_t changes() const { return changes_; }

  /// `"name"`, as SQL wants an identifier that may be a reserved word.
  std::string quote_name(const std::string& name) { return connection_.quote_name(name); }
  std::string quote(const std::string& text) { return connection_.quote(text); }

  /// For listening: its own socket, and who it is to others.
  pqxx::connection& connection() { return connection_; }

 private:
  struct Prepared {
    std::string key;   ///< the SQL and its parameters' types
    std::string name;  ///< to the server
    std::size_t parameters;
    bool reads;
  };

  /// What runs a statement that the server knows by name.
  struct Execution {
    std::string sql;
    bool reads;
  };

  explicit PostgresSession(const PostgresAddress& address);
  Result<Execution> execution_of(const Statement& statement);
  Result<const Prepared*> prepare(const Statement& statement);
  Result<std::string> literals(std::span<const Value> parameters);
  Rows note(const pqxx::result& result, bool reads);
  Result<pqxx::result> execute(const std::string& message, std::string_view sql);
  template <class Exchange>
  auto talk(std::string_view sql, Exchange&& exchange) -> Result<std::invoke_result_t<Exchange>>;
  Error explain(const std::string& sqlstate, std::string_view what, std::string_view sql);
  Error connection_lost(std::string_view what);

  const PostgresAddress& address_;
  pqxx::connection connection_;
  std::list<Prepared> statements_;  ///< the most recently used first
  std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_key_;
  std::int64_t statements_made_ = 0;
  std::int64_t changes_ = 0;
  Trouble trouble_ = Trouble::none;
};

/// What a store's function sees of a session. Begins with its first statement, and in the same
/// message. After a failed statement every further one fails the same way.
class PostgresTransaction final : public Transaction {
 public:
  /// `begin` is SQL, with its semicolons; it is sent ahead of the first statement.
  PostgresTransaction(PostgresSession& session, std::string begin)
      : session_(session), first_(std::move(begin)) {}

  using Transaction::insert;
  using Transaction::query;
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override;

  /// Whether the server knows of it.
  bool begun() const { return begun_; }

  const std::optional<Error>& failure() const { return failure_; }

  /// What a rolled-back savepoint has undone.
  void forget_failure() { failure_.reset(); }

 private:
  PostgresSession& session_;
  std::string first_;
  bool begun_ = false;
  std::optional<Error> failure_;
};

}  // namespace msdemo::storage
