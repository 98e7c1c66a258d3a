#include "storage/postgres_session.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "storage/call.hpp"

namespace msdemo::storage {

namespace {

/// From the server's catalogue (pg_type.dat): they never change.
enum Oid : pqxx::oid { kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kBpchar = 1042, kVarchar };

Value value_of(const pqxx::field& field, pqxx::oid type) {
  if (field.is_null()) return Value();
  switch (type) {
    case kInt2:
    case kInt4:
    case kInt8:
      return Value(std::in_place_type<std::int64_t>, field.as<std::int64_t>());
    case kText:
    case kBpchar:
    case kVarchar:
      return Value(std::in_place_type<std::string>, field.c_str(), field.size());
    default:
      throw std::logic_error(fmt::format("column {} is no integer and no text", field.name()));
  }
}

Rows rows_of(const pqxx::result& result) {
  std::vector<pqxx::oid> types;
  for (pqxx::row::size_type column = 0; column < result.columns(); ++column) {
    types.push_back(result.column_type(column));
  }
  Rows rows;
  rows.reserve(static_cast<std::size_t>(result.size()));
  for (const auto& row : result) {
    std::vector<Value> values;
    values.reserve(types.size());
    for (const auto& field : row) values.push_back(value_of(field, types[values.size()]));
    rows.emplace_back(std::move(values));
  }
  return rows;
}

std::string_view type_of(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value)) return "bigint";
  if (std::holds_alternative<std::string>(value)) return "text";
  return "unknown";  // the server takes the type of where it is used
}

/// The highest `$n` in `sql`, whose own texts hold none.
std::size_t count_parameters(std::string_view sql) {
  std::size_t highest = 0;
  for (std::size_t at = sql.find('$'); at != sql.npos; at = sql.find('$', at + 1)) {
    std::size_t number = 0;
    for (std::size_t i = at + 1; i < sql.size() && sql[i] >= '0' && sql[i] <= '9'; ++i) {
      number = number * 10 + static_cast<std::size_t>(sql[i] - '0');
    }
    highest = std::max(highest, number);
  }
  return highest;
}

bool starts_with(const std::string& sqlstate, std::initializer_list<std::string_view> some) {
  return std::any_of(some.begin(), some.end(),
                     [&](std::string_view start) { return sqlstate.starts_with(start); });
}

}  // namespace

Result<std::unique_ptr<PostgresSession>> PostgresSession::open(const PostgresAddress& address,
                                                               const std::string& schema,
                                                               Role role) {
  try {
    std::unique_ptr<PostgresSession> session(new PostgresSession(address));
    const auto ms = [](auto duration) { return std::chrono::milliseconds(duration).count(); };
    std::string settings = fmt::format(
        "SET search_path TO {}; SET client_min_messages TO error; SET statement_timeout TO {};"
        "SET idle_in_transaction_session_timeout TO {}",
        session->quote_name(schema), ms(limits::kDatabaseStatement),
        ms(limits::kDatabaseStatement));
    if (role == Role::reader) settings += "; SET default_transaction_read_only TO on";
    if (role == Role::peer) settings += "; SET synchronous_commit TO off";
    if (const auto set = session->run_script(settings); !set) return fail(set.error());
    return session;
  } catch (const pqxx::failure& failure) {
    return fail(address.explain_refusal(failure.what()));
  }
}

PostgresSession::PostgresSession(const PostgresAddress& address)
    : address_(address), connection_(address.connection_string()) {
#if PQXX_VERSION_MAJOR < 7
  // It would connect anew by itself, without our settings and in the middle of a transaction.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
}

bool PostgresSession::healthy() const {
  if (!connection_.is_open()) return false;
  pollfd socket{connection_.sock(), POLLIN, 0};
  return ::poll(&socket, 1, 0) == 0;
}

Result<Rows> PostgresSession::query(const Statement& statement, std::string_view first) {
  const auto execution = execution_of(statement);
  if (!execution) return fail(execution.error());
  const auto result = execute(fmt::format("{}{}", first, execution->sql), statement.sql);
  if (!result) return fail(result.error());
  return note(*result, execution->reads);
}

Result<std::vector<Rows>> PostgresSession::query_all(std::span<const Statement> statements) {
  std::vector<Execution> executions;
  for (const Statement& statement : statements) {
    auto execution = execution_of(statement);
    if (!execution) return fail(std::move(execution.error()));
    executions.push_back(std::move(*execution));
  }
  return talk("several statements", [&] {
    pqxx::nontransaction direct(connection_);
    pqxx::pipeline pipeline(direct);
    pipeline.retain(static_cast<int>(statements.size()) + 1);
    for (const Execution& execution : executions) pipeline.insert(execution.sql);
    pipeline.complete();
    std::vector<Rows> rows;
    for (const Execution& execution : executions) {
      rows.push_back(note(pipeline.retrieve().second, execution.reads));
    }
    return rows;
  });
}

Rows PostgresSession::note(const pqxx::result& result, bool reads) {
  if (!reads) changes_ += static_cast<std::int64_t>(result.affected_rows());
  return rows_of(result);
}

Result<PostgresSession::Execution> PostgresSession::execution_of(const Statement& statement) {
  const auto prepared = prepare(statement);
  if (!prepared) return fail(prepared.error());
  const auto values = literals(statement.parameters);
  if (!values) return fail(values.error());
  return Execution{fmt::format("EXECUTE {}{}", (*prepared)->name, *values), (*prepared)->reads};
}

Result<const PostgresSession::Prepared*> PostgresSession::prepare(const Statement& statement) {
  const auto& [sql, parameters] = statement;
  std::string key(sql);
  for (const Value& value : parameters) {
    key += '\n';
    key += type_of(value);
  }
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    statements_.splice(statements_.begin(), statements_, known->second);
    return &statements_.front();
  }
  Prepared prepared{.key = std::move(key),
                    .name = fmt::format("s{}", ++statements_made_),
                    .parameters = count_parameters(sql),
                    .reads = sql.starts_with("SELECT")};
  if (prepared.parameters != parameters.size()) {
    throw std::logic_error(
        fmt::format("{} parameters, not {}, in: {}", parameters.size(), prepared.parameters, sql));
  }
  std::string types;
  for (const Value& value : parameters) {
    types += types.empty() ? "(" : ", ";
    types += type_of(value);
  }
  if (!types.empty()) types += ')';
  if (statements_.size() >= limits::kCachedStatements) {
    const std::string oldest = statements_.back().name;
    by_key_.erase(statements_.back().key);
    statements_.pop_back();
    if (auto freed = execute("DEALLOCATE " + oldest, sql); !freed) return fail(freed.error());
  }
  // SQL's own PREPARE says which type each parameter has, and takes nothing that would end or begin
  // a transaction.
  const auto made = execute(fmt::format("PREPARE {}{} AS {}", prepared.name, types, sql), sql);
  if (!made) return fail(made.error());
  statements_.push_front(std::move(prepared));
  by_key_.emplace(statements_.front().key, statements_.begin());
  return &statements_.front();
}

Result<std::string> PostgresSession::literals(std::span<const Value> parameters) {
  std::string text;
  for (const Value& value : parameters) {
    text += text.empty() ? "(" : ",";
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      fmt::format_to(std::back_inserter(text), "'{}'", *integer);
    } else if (const auto* string = std::get_if<std::string>(&value)) {
      if (string->find('\0') != string->npos) {
        trouble_ = Trouble::refused;
        return fail(Code::invalid_field, "PostgreSQL keeps no text with U+0000");
      }
      try {
        text += connection_.quote(*string);
      } catch (const std::exception& not_utf8) {
        trouble_ = Trouble::refused;
        return fail(Code::invalid_field, "PostgreSQL keeps no text that is not UTF-8");
      }
    } else {
      text += "NULL";
    }
  }
  if (!text.empty()) text += ')';
  return text;
}

Result<pqxx::result> PostgresSession::run_script(const std::string& sql) {
  return execute(sql, sql);
}

Result<pqxx::result> PostgresSession::execute(const std::string& message, std::string_view sql) {
  return talk(sql, [&] {
    pqxx::nontransaction direct(connection_);
    return direct.exec(message);
  });
}

/// Runs `exchange` and makes our errors of libpqxx's exceptions.
template <class Exchange>
auto PostgresSession::talk(std::string_view sql, Exchange&& exchange)
    -> Result<std::invoke_result_t<Exchange>> {
  if (!connection_.is_open()) return fail(connection_lost("closed before"));
  try {
    return exchange();
  } catch (const pqxx::transaction_rollback& error) {  // no sql_error in libpqxx 6
    return fail(explain("40001", error.what(), sql));
  } catch (const pqxx::sql_error& error) {
    return fail(explain(error.sqlstate(), error.what(), sql));
  } catch (const pqxx::internal_error& error) {
    return fail(explain("", error.what(), sql));
  } catch (const std::runtime_error& error) {  // of a pipeline not all are pqxx::failure
    return fail(explain("", error.what(), sql));
  }
}

Error PostgresSession::connection_lost(std::string_view what) {
  trouble_ = Trouble::lost;
  spdlog::warn("postgresql: the connection to {} is lost: {}", address_.shown(),
               address_.without_secret(escape_control(what)));
  return {Code::upstream_unavailable, "the database cannot be reached; nothing was stored",
          "try again: the service connects anew by itself"};
}

Error PostgresSession::explain(const std::string& sqlstate, std::string_view what,
                               std::string_view sql) {
  // 57P01…57P05: the server, or an administrator, ends this connection.
  if (!connection_.is_open() || starts_with(sqlstate, {"08", "57P0", "25P03"})) {
    return connection_lost(what);
  }
  if (sqlstate == "40001" || sqlstate == "40P01") {
    trouble_ = Trouble::conflict;
    return {Code::overloaded, "other transactions were in the way; nothing was stored"};
  }
  trouble_ = Trouble::refused;
  if (sqlstate == "53100") return disk_is_full();
  if (sqlstate == "57014") {
    return {Code::overloaded, "the database did not finish the statement in time"};
  }
  spdlog::error("postgresql: {} (SQLSTATE {}) in: {}",
                address_.without_secret(escape_control(what)), sqlstate, sql);
  return {Code::internal, "the database failed; the service's log says how"};
}

Result<Rows> PostgresTransaction::query(std::string_view sql, std::span<const Value> parameters) {
  if (failure_) return fail(*failure_);
  auto rows = session_.query({sql, parameters}, first_);
  if (!rows) {
    failure_ = rows.error();
    // Whether the server came as far as `first_` nobody knows: the whole transaction has to end.
    begun_ = begun_ || !first_.empty();
    return rows;
  }
  begun_ = true;
  first_.clear();
  return rows;
}

}  // namespace msdemo::storage
