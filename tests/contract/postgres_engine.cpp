#include "contract/postgres_engine.hpp"

#include <fmt/format.h>

#include "contract/engine_url.hpp"
#include "contract/engines.hpp"
#include "storage/postgres_session.hpp"
#include "support/must.hpp"

namespace msdemo::test {

const std::string& postgres_url() {
  static const std::string url = engine_url("MSDEMO_TEST_POSTGRES").value_or("");
  return url;
}

std::string schema_at(const std::filesystem::path& place) {
  return place.filename().string();
}

Result<std::unique_ptr<storage::Database>> open_schema(
    const std::filesystem::path& place, std::span<const storage::Migration> migrations,
    const std::string& url) {
  return storage::open_postgres({.url = url, .schema = schema_at(place)}, migrations);
}

namespace {

/// Somebody else's connection to the server.
class Administrator {
 public:
  Administrator()
      : address_(must(storage::PostgresAddress::parse(postgres_url()))),
        session_(must(storage::PostgresSession::open(address_, "public",
                                                     storage::PostgresSession::Role::writer))) {}

  storage::PostgresSession& operator*() const { return *session_; }

 private:
  storage::PostgresAddress address_;
  std::unique_ptr<storage::PostgresSession> session_;
};

}  // namespace

void run_on_server(const std::string& sql) {
  const Administrator administrator;
  must((*administrator).run_script(sql));
}

std::int64_t count_on_server(const std::string& sql) {
  const Administrator administrator;
  return must((*administrator).query({sql, {}})).at(0).integer(0);
}

const std::vector<Engine>& engines() {
  static const Engine postgres = {
      .name = "postgresql",
      .open =
          [](const std::filesystem::path& place, std::span<const storage::Migration> migrations) {
            return open_schema(place, migrations);
          },
      .remove =
          [](const std::filesystem::path& place) {
            run_on_server(fmt::format("DROP SCHEMA IF EXISTS \"{}\" CASCADE", schema_at(place)));
          },
      .writers = limits::kDatabaseWriters};
  static const std::vector<Engine> all =
      postgres_url().empty() ? std::vector<Engine>() : std::vector<Engine>{postgres};
  return all;
}

}  // namespace msdemo::test
