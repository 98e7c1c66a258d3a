#include "user/store.hpp"

#include <fmt/format.h>

#include <array>

namespace msdemo::user {

namespace {

using contracts::User;
using storage::Row;
using storage::Rows;
using storage::Transaction;

constexpr std::array<storage::Migration, 1> kMigrations = {{
    {1, R"(
      CREATE TABLE users (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL
      ) STRICT)",
     R"(
      CREATE TABLE users (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name TEXT NOT NULL
      ))"},
}};

User user_of(const Row& row) {
  return {.id = row.integer(0), .name = row.text(1)};
}

}  // namespace

std::span<const storage::Migration> migrations() {
  return kMigrations;
}

Result<User> UserStore::add(const contracts::NewUser& user, const trace::Span* parent) {
  const auto id =
      database_.insert(parent, "INSERT users", "INSERT INTO users (name) VALUES ($1)", {user.name});
  if (!id) return fail(id.error());
  return User{.id = id->value(), .name = user.name};
}

Result<User> UserStore::find(std::int64_t id, const trace::Span* parent) {
  const Result<Rows> rows =
      database_.look_up(parent, "SELECT users", "SELECT id, name FROM users WHERE id = $1", {id});
  if (!rows) return fail(rows.error());
  if (rows->empty()) return fail(Code::user_not_found, fmt::format("there is no user {}", id));
  return user_of(rows->front());
}

Result<contracts::Page<User>> UserStore::list(const contracts::PageRequest& page,
                                              const trace::Span* parent) {
  const Result<Rows> rows = database_.look_up(
      parent, "SELECT users", "SELECT id, name FROM users WHERE id > $1 ORDER BY id LIMIT $2",
      {page.after, page.limit + 1});
  if (!rows) return fail(rows.error());
  std::vector<User> users;
  users.reserve(rows->size());
  for (const Row& row : *rows) users.push_back(user_of(row));
  return contracts::make_page(std::move(users), page.limit);
}

}  // namespace msdemo::user
