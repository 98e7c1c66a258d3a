// What only the PostgreSQL engine promises: that it comes back when the server does, that a
// conflict is somebody else's trouble, that replicas migrate once, and that a password is never
// told.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <future>
#include <string>

#include "base/rng.hpp"
#include "base/url.hpp"
#include "contract/engines.hpp"
#include "contract/entries.hpp"
#include "contract/notes.hpp"
#include "contract/postgres_engine.hpp"
#include "faults/faults.hpp"
#include "support/breaking_proxy.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using storage::Database;
using storage::Migration;
using storage::Sync;
using storage::Transaction;
using Numbers = std::set<std::int64_t>;

namespace {

/// The server's URL with another address, or with more behind its '?'.
std::string url_through(const BreakingProxy& proxy) {
  const Url url = must(parse_url(postgres_url()));
  return fmt::format("postgresql://{}:{}@127.0.0.1:{}/{}", url.user, url.password, proxy.port(),
                     url.path);
}

BreakingProxy proxy_to_server() {
  const Url url = must(parse_url(postgres_url()));
  return BreakingProxy(url.host, url.port.value_or(5432));
}

Result<std::string> setting(Transaction& tx, const std::string& name) {
  const auto rows = tx.query("SELECT current_setting($1)", {name});
  if (!rows) return fail(rows.error());
  return rows->at(0).text(0);
}

Result<void> rename_note(Transaction& tx, std::int64_t number) {
  const auto rows = tx.query("UPDATE note SET text = text || 'x' WHERE number = $1", {number});
  if (!rows) return fail(rows.error());
  return {};
}

}  // namespace

TEST_CASE("connections that the server has ended are replaced unnoticed", "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase database(engine, kNotes);
    const std::string name = schema_at(database.place());
    const auto named = must(open_schema(
        database.place(), kNotes, fmt::format("{}?application_name={}", postgres_url(), name)));
    must(add_note(*named, 1));
    CHECK(note_numbers(*named) == Numbers{1});
    run_on_server(
        fmt::format("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
                    "application_name = '{}'",
                    name));
    CHECK(add_note(*named, 2));
    CHECK(note_numbers(*named) == Numbers{1, 2});
  }
}

TEST_CASE("a server that is gone fails calls for sure, and one that is back serves them",
          "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase fresh(engine, kNotes);
    BreakingProxy proxy = proxy_to_server();
    const auto database = must(open_schema(fresh.place(), kNotes, url_through(proxy)));
    must(add_note(*database, 1));
    proxy.down();
    for (int i = 0; i < 3; ++i) {
      const auto refused = add_note(*database, 2);
      CHECK(refused.error().code == Code::upstream_unavailable);
      CHECK(refused.error().definite());
      const auto blind = database->look_up(nullptr, "SELECT note", "SELECT number FROM note");
      CHECK(blind.error().code == Code::upstream_unavailable);
    }
    proxy.up();
    // For a moment the server is left alone; how long depends on when it was asked last.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!add_note(*database, 3) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    CHECK(note_numbers(*database) == Numbers{1, 3});
  }
}

TEST_CASE("a connection that breaks before the commit costs nothing but time", "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase fresh(engine, kNotes);
    BreakingProxy proxy = proxy_to_server();
    const auto database = must(open_schema(fresh.place(), kNotes, url_through(proxy)));
    must(add_note(*database, 1));
    proxy.cut_at("EXECUTE", BreakingProxy::Cut::after);
    CHECK(add_note(*database, 2));
    CHECK(proxy.has_cut());
    CHECK(note_numbers(*database) == Numbers{1, 2});
  }
}

TEST_CASE("callers wait for a connection, and the pool tells so", "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase fresh(engine, kNotes);
    const auto database = must(storage::open_postgres(
        {.url = postgres_url(), .schema = schema_at(fresh.place()), .connections = 4, .writers = 1},
        kNotes));
    must(add_note(*database, 1));
    CHECK(database->pool()->in_use == 0);
    std::promise<void> go_on;
    std::shared_future<void> gone_on = go_on.get_future().share();
    std::atomic<int> inside{0};
    Threads readers(3, [&](std::size_t) {
      must(database->read(nullptr, "hold", [&](Transaction& tx) -> Result<void> {
        must(tx.query("SELECT number FROM note"));
        ++inside;
        gone_on.wait();
        return {};
      }));
    });
    while (inside < 2) std::this_thread::yield();
    readers.await_blocked();
    CHECK(database->pool()->in_use == 2);
    CHECK(database->pool()->waiting == 1);
    go_on.set_value();
    readers.join();
    CHECK(inside == 3);
    CHECK(database->pool()->waiting == 0);
  }
}

TEST_CASE("of two transactions that wait for each other, one begins anew and both succeed",
          "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase first(engine, kNotes);
    const auto second = must(open_schema(first.place(), kNotes));
    must(add_note(*first, 1));
    must(add_note(*first, 2));
    std::array<std::promise<void>, 2> locked;
    std::array<std::atomic<int>, 2> runs{};
    Threads(2, [&](std::size_t i) {
      Database& database = i == 0 ? *first : *second;
      const auto mine = static_cast<std::int64_t>(i + 1);
      must(database.write(nullptr, "w", [&](Transaction& tx) -> Result<void> {
        if (auto done = rename_note(tx, mine); !done) return done;
        if (runs[i]++ == 0) {
          locked[i].set_value();
          locked[1 - i].get_future().wait();
        }
        return rename_note(tx, 3 - mine);
      }));
    }).join();
    CHECK(runs[0] + runs[1] == 3);
    const auto texts =
        first->look_up(nullptr, "r", "SELECT text FROM note ORDER BY number").value();
    CHECK(texts.at(0).text(0) == "xx");
    CHECK(texts.at(1).text(0) == "xx");
  }
}

TEST_CASE("a write that others are always in the way of fails for sure", "[postgres]") {
  constexpr std::array<Migration, 2> kRefusing = {
      {kNotes[0],
       {2, "",
        "CREATE FUNCTION refuse() RETURNS bigint LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE SQLSTATE '40001'; END $$"}}};
  for (const Engine& engine : engines()) {
    FreshDatabase database(engine, kRefusing);
    int runs = 0;
    const auto refused = database->write(nullptr, "w", [&](Transaction& tx) -> Result<void> {
      ++runs;
      must(insert_note(tx, 1));
      const auto rows = tx.query("SELECT refuse()");
      if (!rows) return fail(rows.error());
      return {};
    });
    CHECK(refused.error().code == Code::overloaded);
    CHECK(refused.error().definite());
    CHECK(runs == limits::kConflictRetries + 1);
    CHECK(note_numbers(*database).empty());
  }
}

TEST_CASE("processes that start at once migrate once", "[postgres]") {
  constexpr std::array<Migration, 2> kSlow = {
      {kNotes[0], {2, "", "INSERT INTO note SELECT 7, 'once' FROM pg_sleep(0.2)"}}};
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, {});
    std::atomic<int> opened{0};
    Threads(4, [&](std::size_t) {
      if (open_schema(place.place(), kSlow)) ++opened;
    }).join();
    CHECK(opened == 4);
    CHECK(count_on_server(
              fmt::format("SELECT count(*) FROM \"{}\".note", schema_at(place.place()))) == 1);
    const auto change = storage::migrate_postgres(
        {.url = postgres_url(), .schema = schema_at(place.place())}, kSlow);
    CHECK(change.value().before == 2);
    CHECK(change.value().after == 2);
    const auto older = open_schema(place.place(), kNotes);
    CHECK(older.error().code == Code::lab_failed);
    CHECK(older.error().message.find("version 2") != std::string::npos);
  }
}

TEST_CASE("what cannot be opened says why, and never the password", "[postgres]") {
  if (postgres_url().empty()) return;
  const Url url = must(parse_url(postgres_url()));
  const auto open = [](const std::string& text) {
    const auto opened = storage::open_postgres({.url = text, .schema = "nobody"}, {});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("s3cret") == std::string::npos);
    CHECK(opened.error().hint.find("s3cret") == std::string::npos);
    CHECK_FALSE(opened.error().hint.empty());
    return opened.error();
  };
  const int port = url.port.value_or(5432);
  const auto wrong_password =
      open(fmt::format("postgresql://{}:s3cret@{}:{}/{}", url.user, url.host, port, url.path));
  CHECK(wrong_password.code == Code::lab_failed);
  CHECK(wrong_password.message.find("***") != std::string::npos);
  const auto no_database = open(
      fmt::format("postgresql://{}:{}@{}:{}/nowhere_s", url.user, url.password, url.host, port));
  CHECK(no_database.code == Code::lab_failed);
  CHECK(no_database.message.find("nowhere_s") != std::string::npos);
  CHECK(open("postgresql://shop:s3cret@127.0.0.1:1/shop").code == Code::unreachable);
  CHECK(open("mysql://shop:s3cret@127.0.0.1/shop").code == Code::usage);
  CHECK(open("postgresql://shop:s3cret@").code == Code::usage);
  CHECK(open(fmt::format("postgresql://{}:{}@{}:{}/?colour=red&password=s3cret", url.user, "x",
                         url.host, port))
            .code == Code::usage);
}

TEST_CASE("a write for later does not wait for the disk", "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase database(engine, kNotes);
    const auto seen = [&](Database& written, Sync sync) {
      return must(written.write(
          nullptr, "w", [](Transaction& tx) { return setting(tx, "synchronous_commit"); }, sync));
    };
    CHECK(seen(*database, Sync::now) == "on");
    CHECK(seen(*database, Sync::later) == "off");
    CHECK(seen(*database, Sync::now) == "on");
    const auto normal = must(storage::open_postgres({.url = postgres_url(),
                                                     .schema = schema_at(database.place()),
                                                     .durability = storage::Durability::normal},
                                                    kNotes));
    CHECK(seen(*normal, Sync::now) == "off");
  }
}

TEST_CASE("a disk said to be full refuses what changes something, once each", "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase fresh(engine, kNotes);
    Rng rng(1);
    faults::Faults faults(real_clock(), rng);
    const auto database = must(storage::open_postgres(
        {.url = postgres_url(), .schema = schema_at(fresh.place())}, kNotes, &faults));
    must(faults.add({.kind = "disk", .value = "full"}));
    CHECK(add_note(*database, 1).error().code == Code::storage_full);
    CHECK(database->write(nullptr, "w", [](Transaction& tx) { return tx.query("SELECT 1"); }));
    CHECK(note_numbers(*database).empty());
    faults.clear();
    CHECK(add_note(*database, 2));
  }
}

TEST_CASE("look-ups that share a message each have their own answer", "[postgres]") {
  constexpr std::size_t kCallers = 40;
  for (const Engine& engine : engines()) {
    FreshDatabase database(engine, kNotes);
    Threads first(1, [&](std::size_t) {
      must(database->look_up(nullptr, "slow", "SELECT 1 FROM pg_sleep(0.3)"));
    });
    first.await_blocked();
    std::vector<std::string> answers(kCallers);
    Threads(kCallers, [&](std::size_t i) {
      // One that fails runs all others of its message again.
      const bool wrong = i % 20 == 7;
      try {
        const auto rows = database->look_up(nullptr, "SELECT",
                                            wrong ? "SELECT 1 / ($1 - 7) % 20" : "SELECT $1 * 2",
                                            {static_cast<std::int64_t>(i)});
        answers[i] = rows ? std::to_string(rows->at(0).integer(0)) : "failed";
        if (i == 3) database->look_up(nullptr, "a bug", "SELECT now()").value();
      } catch (const std::logic_error&) {
        answers[i] = "threw";
      }
    }).join();
    for (std::size_t i = 0; i < kCallers; ++i) {
      INFO(i);
      CHECK(answers[i] == (i == 3    ? "threw"
                           : i == 7  ? "failed"
                           : i == 27 ? "0"
                                     : std::to_string(2 * i)));
    }
  }
}

TEST_CASE("inserts that share a statement meet a full disk, once each", "[postgres]") {
  constexpr std::size_t kCallers = 6;
  for (const Engine& engine : engines()) {
    FreshDatabase fresh(engine, kEntryTable);
    Rng rng(1);
    faults::Faults faults(real_clock(), rng);
    const auto database = must(storage::open_postgres(
        {.url = postgres_url(), .schema = schema_at(fresh.place())}, kEntryTable, &faults));
    std::atomic<std::size_t> refused{0};
    {
      BusyInserts busy(*database);
      must(faults.add({.kind = "disk", .value = "full", .trigger = {.first = 3, .after = 1}}));
      Threads callers(kCallers, [&](std::size_t i) {
        const auto added = add_entry(*database, std::to_string(i));
        if (!added) refused += added.error().code == Code::storage_full ? 1 : 100;
      });
      callers.await_blocked();
      busy.go_on();
    }
    CHECK(refused == 3);
    CHECK(entries(*database).size() == 1 + kCallers - 3);
  }
}

TEST_CASE("more statements than are kept prepared still run", "[postgres]") {
  for (const Engine& engine : engines()) {
    FreshDatabase database(engine, kNotes);
    for (std::size_t round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < limits::kCachedStatements + 10; ++i) {
        const auto rows = database->look_up(nullptr, "r", fmt::format("SELECT {}", i));
        REQUIRE(rows.value().at(0).integer(0) == static_cast<std::int64_t>(i));
      }
    }
    const auto zero = add_note(*database, 1, std::string("a\0b", 3));
    CHECK(zero.error().code == Code::invalid_field);
    CHECK(add_note(*database, 1, "not UTF-8: \xff").error().definite());
    CHECK(note_numbers(*database).empty());
  }
}

}  // namespace msdemo::test
