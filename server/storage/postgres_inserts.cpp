#include "storage/postgres_inserts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/limits.hpp"

namespace msdemo::storage {

namespace {

constexpr std::string_view kValues = "VALUES (";

/// `$1, $2), ($3, $4`: two rows of two parameters.
std::string rows_of(std::size_t rows, std::size_t parameters) {
  std::string text;
  for (std::size_t i = 0; i < rows * parameters; ++i) {
    if (i > 0) text += i % parameters == 0 ? "), (" : ", ";
    fmt::format_to(std::back_inserter(text), "${}", i + 1);
  }
  return text;
}

}  // namespace

std::vector<JoinedInserts> JoinedInserts::join(const std::vector<Insert*>& inserts) {
  std::vector<JoinedInserts> all;
  for (Insert* const insert : inserts) {
    const auto joined = std::ranges::find_if(
        all, [&](const JoinedInserts& some) { return some.has_room_for(*insert); });
    JoinedInserts& some = joined == all.end() ? all.emplace_back() : *joined;
    some.inserts_.push_back(insert);
  }
  for (JoinedInserts& some : all) some.write_statement();
  return all;
}

bool JoinedInserts::has_room_for(const Insert& insert) const {
  const auto& [sql, parameters] = inserts_.front()->statement;
  const Statement& other = insert.statement;
  // The server must know each parameter's type, and a NULL has none.
  constexpr auto type = [](const Value& value) { return value.index(); };
  return inserts_.size() < limits::kRowsPerInsert && sql == other.sql &&
         std::ranges::equal(parameters, other.parameters, {}, type, type);
}

void JoinedInserts::write_statement() {
  const auto& [sql, parameters] = inserts_.front()->statement;
  const std::size_t begin = sql.find(kValues) + kValues.size();
  const std::size_t end = sql.find(')', begin);
  if (end == sql.npos || sql.substr(begin, end - begin) != rows_of(1, parameters.size())) {
    throw std::logic_error(fmt::format("not VALUES ($1, …) with all parameters: {}", sql));
  }
  sql_ = fmt::format("{}{}{} RETURNING id", sql.substr(0, begin),
                     rows_of(inserts_.size(), parameters.size()), sql.substr(end));
  for (const Insert* const insert : inserts_) {
    const auto& values = insert->statement.parameters;
    parameters_.insert(parameters_.end(), values.begin(), values.end());
  }
}

bool JoinedInserts::take_ids(const Rows& rows) const {
  if (rows.size() != inserts_.size()) return false;
  // Identities are given to the rows in the order of VALUES; in which order they come back is not
  // promised.
  std::vector<std::int64_t> ids;
  for (const Row& row : rows) ids.push_back(row.integer(0));
  std::ranges::sort(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) inserts_[i]->id = ids[i];
  return true;
}

}  // namespace msdemo::storage
