// What every database engine promises of inserts, alone and beside others. Runs on each engine of
// engines.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "contract/engines.hpp"
#include "contract/entries.hpp"
#include "contract/tracing.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using storage::Transaction;
using storage::Value;

TEST_CASE("an insert gives the id of its row, or nothing if there was a conflict", "[storage]") {
  constexpr std::array<storage::Migration, 1> kNamed = {
      {{1, "CREATE TABLE entry (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"}}};
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNamed);
      const auto add = [&](std::int64_t id, const std::string& name) {
        return database->write(nullptr, "w", [&](Transaction& tx) {
          return tx.insert(
              "INSERT INTO entry (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
              {id, name});
        });
      };
      CHECK(add(7, "a").value() == 7);
      CHECK(add(8, "a").value() == std::nullopt);
      CHECK(add(9, "b").value() == 9);
      CHECK(add(9, "c").error().code == Code::internal);
      CHECK(
          database->insert(nullptr, "w", "INSERT INTO entry (id, name) VALUES ($1, $2)", {10, "d"})
              .value() == 10);
    }
  }
}

TEST_CASE("inserts that come at once each have their own answer", "[storage]") {
  constexpr std::size_t kCallers = 40;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kEntryTable);
      const bool one_fails = GENERATE(false, true);
      Tracing tracing;
      std::vector<std::string> answers(kCallers);
      {
        BusyInserts busy(*database);
        Threads callers(kCallers, [&](std::size_t i) {
          const trace::Span root = tracing.root();
          const Value level = one_fails && i == 5 ? Value(-1) : i % 3 == 0 ? Value(3) : Value();
          // Two of them want one name.
          const std::string name = std::to_string(one_fails && i == 7 ? 8 : i);
          const auto id = add_entry(*database, name, level, &root);
          answers[i] = !id ? "failed" : !*id ? "taken" : fmt::format("{}={}", **id, name);
        });
        callers.await_blocked();
        busy.go_on();
      }
      std::size_t stored = 0;
      for (const auto& [id, name] : entries(*database)) {
        if (name != "taken") stored += std::ranges::count(answers, fmt::format("{}={}", id, name));
      }
      CHECK(stored == (one_fails ? kCallers - 2 : kCallers));
      CHECK(std::ranges::count(answers, "failed") == (one_fails ? 1 : 0));
      CHECK(std::ranges::count(answers, "taken") == (one_fails ? 1 : 0));
      const auto spans = tracing.spans();
      CHECK(std::ranges::count_if(spans, [](const auto& span) {
              return span.name == "INSERT entry" &&
                     std::get<std::int64_t>(attribute(span, "msdemo.commit.batch")) > 1;
            }) > static_cast<std::ptrdiff_t>(kCallers / 2));
    }
  }
}

}  // namespace msdemo::test
