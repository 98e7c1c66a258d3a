// How a schema grows: every step once, whole or not at all, and never backwards.
#include <array>
#include <set>
#include <string>

#include "contract/engines.hpp"
#include "contract/notes.hpp"
#include "storage/migrations.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"

using namespace msdemo;
using namespace msdemo::test;
using storage::Migration;
using storage::Transaction;
using Numbers = std::set<std::int64_t>;

namespace {

constexpr std::array<Migration, 2> kTwoSteps = {
    {kNotes[0], {2, "ALTER TABLE note ADD COLUMN stars BIGINT; UPDATE note SET stars = 5"}}};

constexpr std::array<Migration, 2> kBrokenStep = {
    {kNotes[0], {2, "INSERT INTO note (number) VALUES (99); CREATE TABLE note (twice BIGINT)"}}};

std::int64_t stars(storage::Database& database) {
  const auto rows = database.read(
      nullptr, "r", [](Transaction& tx) { return tx.query("SELECT stars FROM note"); });
  return rows.value().at(0).integer(0);
}

}  // namespace

TEST_CASE("a new step is applied to the rows that are there, once", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      must(add_note(*database, 1));
      database.reopen(kTwoSteps);
      CHECK(stars(*database) == 5);
      database.reopen(kTwoSteps);
      CHECK(note_numbers(*database) == Numbers{1});
    }
  }
}

TEST_CASE("a step that fails leaves the schema as it was", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      must(add_note(*database, 1));
      CHECK(database.try_reopen(kBrokenStep).error().code == Code::lab_failed);
      database.reopen(kNotes);
      CHECK(note_numbers(*database) == Numbers{1});
      database.reopen(kTwoSteps);
      CHECK(stars(*database) == 5);
    }
  }
}

TEST_CASE("a schema newer than the program is refused, naming both", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kTwoSteps);
      const auto refused = database.try_reopen(kNotes);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == Code::lab_failed);
      CHECK(refused.error().message.find("version 2") != std::string::npos);
      CHECK(refused.error().message.find("up to 1") != std::string::npos);
      database.reopen(kTwoSteps);
    }
  }
}

TEST_CASE("steps are numbered without a gap", "[storage]") {
  const std::array<Migration, 1> starts_late = {{{2, ""}}};
  CHECK_THROWS_AS(storage::missing_migrations(0, starts_late), std::logic_error);
}
