#include "storage/postgres_migration.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "storage/migrations.hpp"

namespace msdemo::storage {

namespace {

constexpr auto kWaitMs = std::chrono::milliseconds(limits::kMigrationWait).count();

/// As long as one lives, no other process migrates this schema.
class MigrationLock {
 public:
  static Result<MigrationLock> take(PostgresSession& session, const std::string& schema) {
    // 64 bits of a hash: two schemas that shared a lock would only wait for each other.
    const std::string key =
        fmt::format("hashtextextended({}, 0)", session.quote("msdemo migrates " + schema));
    // A step may take long, and so may waiting for another process's.
    const auto locked =
        session.run_script(fmt::format("SET statement_timeout TO 0; SET lock_timeout TO {};"
                                       "SELECT pg_advisory_lock({}); SET lock_timeout TO 0",
                                       kWaitMs, key));
    if (!locked) return fail(locked.error());
    return MigrationLock(session, key);
  }

  MigrationLock(MigrationLock&& other) noexcept
      : session_(std::exchange(other.session_, nullptr)), key_(std::move(other.key_)) {}
  MigrationLock& operator=(MigrationLock&&) = delete;
  ~MigrationLock() {
    if (session_ == nullptr) return;
    const auto statement_ms = std::chrono::milliseconds(limits::kDatabaseStatement).count();
    static_cast<void>(session_->run_script(fmt::format(
        "SELECT pg_advisory_unlock({}); SET statement_timeout TO {}", key_, statement_ms)));
  }

 private:
  MigrationLock(PostgresSession& session, std::string key)
      : session_(&session), key_(std::move(key)) {}

  PostgresSession* session_;
  std::string key_;
};

/// Makes only what is missing, so that a user without the right to make it can go on with what an
/// administrator has made.
Result<std::int64_t> version_of(PostgresSession& session, const std::string& schema) {
  const auto there = session.query({"SELECT count(*) FROM pg_namespace WHERE nspname = $1",
                                    std::initializer_list<Value>{schema}});
  if (!there) return fail(there.error());
  std::string missing;
  if (there->at(0).integer(0) == 0) {
    missing = fmt::format("CREATE SCHEMA {};", session.quote_name(schema));
  }
  const auto table = session.query(
      {"SELECT count(*) FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'",
       std::initializer_list<Value>{schema}});
  if (!table) return fail(table.error());
  if (table->at(0).integer(0) == 0) {
    missing +=
        "CREATE TABLE schema_version (version BIGINT NOT NULL);"
        "INSERT INTO schema_version VALUES (0);";
  }
  if (!missing.empty()) {
    if (const auto made = session.run_script(fmt::format("BEGIN; {} COMMIT", missing)); !made) {
      return fail(made.error());
    }
  }
  const auto version = session.query({"SELECT version FROM schema_version", {}});
  if (!version) return fail(version.error());
  return version->at(0).integer(0);
}

Result<SchemaChange> migrate_locked(PostgresSession& session, const std::string& schema,
                                    std::span<const Migration> migrations) {
  const auto lock = MigrationLock::take(session, schema);
  if (!lock) return fail(lock.error());
  const auto version = version_of(session, schema);
  if (!version) return fail(version.error());
  const auto missing = missing_migrations(*version, migrations);
  if (!missing) return fail(missing.error());
  SchemaChange change{.before = *version, .after = *version};
  for (const Migration& migration : *missing) {
    const auto applied = session.run_script(fmt::format(
        "BEGIN;\n{};\nUPDATE schema_version SET version = {};\nCOMMIT",
        migration.postgres.empty() ? migration.sql : migration.postgres, migration.version));
    if (!applied) {
      static_cast<void>(session.run_script("ROLLBACK"));
      return fail(applied.error());
    }
    change.after = migration.version;
  }
  return change;
}

}  // namespace

Result<SchemaChange> migrate(PostgresSession& session, const PostgresAddress& address,
                             const std::string& schema, std::span<const Migration> migrations) {
  auto change = migrate_locked(session, schema, migrations);
  if (change) return change;
  const bool passing = session.trouble() == Trouble::lost;
  return fail(passing ? Code::unreachable : Code::lab_failed,
              fmt::format("cannot use the schema {} of {}: {}", schema, address.shown(),
                          change.error().message),
              change.error().hint);
}

}  // namespace msdemo::storage
