// What every database engine promises to a store. Runs on each engine of engines.hpp.
#include "storage/database.hpp"

#include <array>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>

#include "contract/busy_engine.hpp"
#include "contract/engines.hpp"
#include "contract/notes.hpp"
#include "contract/tracing.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using storage::Row;
using storage::Rows;
using storage::Transaction;
using storage::Value;
using Numbers = std::set<std::int64_t>;

namespace {

Result<Rows> ask(storage::Database& database, std::string_view sql, std::vector<Value> parameters) {
  return database.read(nullptr, "ask", [&](Transaction& tx) {
    return tx.query(sql, std::span<const Value>(parameters));
  });
}

}  // namespace

TEST_CASE("a write is there for every reader once it has returned", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      const auto number = database->write(nullptr, "w", [](Transaction& tx) -> Result<int> {
        if (auto inserted = insert_note(tx, 7); !inserted) return fail(inserted.error());
        return 42;
      });
      CHECK(number.value() == 42);
      CHECK(note_numbers(*database) == Numbers{7});
      database.reopen(kNotes);
      CHECK(note_numbers(*database) == Numbers{7});
    }
  }
}

TEST_CASE("a function that fails leaves nothing, and its error comes back", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      const auto refused = database->write(nullptr, "w", [](Transaction& tx) -> Result<void> {
        must(insert_note(tx, 1));
        return fail(Code::order_not_found, "no");
      });
      CHECK(refused.error().code == Code::order_not_found);
      CHECK_THROWS_AS(database->write(nullptr, "w",
                                      [](Transaction& tx) -> Result<void> {
                                        must(insert_note(tx, 2));
                                        throw std::out_of_range("a bug");
                                      }),
                      std::out_of_range);
      CHECK_THROWS_AS(
          database->read(nullptr, "r",
                         [](Transaction&) -> Result<void> { throw std::out_of_range("a bug"); }),
          std::out_of_range);
      CHECK(note_numbers(*database).empty());
      CHECK(add_note(*database, 3));
    }
  }
}

TEST_CASE("after a failed statement nothing of the function is kept", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      const auto careless = database->write(nullptr, "w", [](Transaction& tx) -> Result<void> {
        must(insert_note(tx, 1));
        CHECK_FALSE(tx.query("INSERT INTO nowhere VALUES (1)"));
        CHECK_FALSE(insert_note(tx, 2));
        return {};
      });
      CHECK(careless.error().code == Code::internal);
      CHECK(note_numbers(*database).empty());
    }
  }
}

TEST_CASE("a function cannot end the transaction that it was given", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      const auto ended = database->write(nullptr, "w", [](Transaction& tx) -> Result<void> {
        static_cast<void>(tx.query("ROLLBACK"));
        return {};
      });
      CHECK(ended.error().code == Code::internal);
      CHECK(add_note(*database, 1));
    }
  }
}

TEST_CASE("reading changes nothing", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      const auto sneaky = ask(*database, "INSERT INTO note (number) VALUES ($1)", {1});
      CHECK(sneaky.error().code == Code::internal);
      CHECK(note_numbers(*database).empty());
    }
  }
}

TEST_CASE("writes that queue while the engine commits share the next commit", "[storage]") {
  constexpr std::size_t kWriters = 12;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      Tracing tracing;
      std::vector<int> outcomes(kWriters);
      {
        BusyEngine busy(*database, engine.writers);
        Threads writers(kWriters, [&](std::size_t i) {
          const trace::Span root = tracing.root();
          const auto number = static_cast<std::int64_t>(i);
          try {
            const auto done = database->write(&root, "share", [&](Transaction& tx) -> Result<void> {
              must(insert_note(tx, number));
              if (i == 3) return fail(Code::user_not_found, "an answer");
              if (i == 5) throw std::out_of_range("a bug");
              return {};
            });
            outcomes[i] = done ? 1 : 2;
          } catch (const std::out_of_range&) {
            outcomes[i] = 3;
          }
        });
        writers.await_blocked();
        busy.go_on();
      }
      // What failed inside the shared commit undid itself alone.
      CHECK(outcomes == std::vector<int>{1, 1, 1, 2, 1, 3, 1, 1, 1, 1, 1, 1});
      CHECK(note_numbers(*database) == Numbers{0, 1, 2, 4, 6, 7, 8, 9, 10, 11});
      std::size_t shared = 0;
      for (const auto& span : tracing.spans()) {
        if (span.name != "share") continue;
        const auto batch = std::get<std::int64_t>(attribute(span, "msdemo.commit.batch"));
        if (batch > 1) ++shared;
      }
      CHECK(shared > kWriters / 2);
    }
  }
}

TEST_CASE("many threads each see their own change, and none is lost", "[storage]") {
  constexpr std::size_t kThreads = 16;
  constexpr std::size_t kEach = 50;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      must(add_note(*database, 0));
      std::vector<Numbers> seen(kThreads);
      Threads(kThreads, [&](std::size_t i) {
        for (std::size_t n = 0; n < kEach; ++n) {
          const auto now = database->write(nullptr, "w", [](Transaction& tx) {
            return tx.query("UPDATE note SET number = number + 1 RETURNING number");
          });
          const std::int64_t number = now.value().at(0).integer(0);
          if (*note_numbers(*database).begin() >= number) seen[i].insert(number);
        }
      }).join();
      Numbers all;
      for (const Numbers& some : seen) all.insert(some.begin(), some.end());
      CHECK(all.size() == kThreads * kEach);
      CHECK(note_numbers(*database) == Numbers{kThreads * kEach});
    }
  }
}

TEST_CASE("a reader keeps its snapshot while a writer goes on", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      must(add_note(*database, 1));
      const auto counts = database->read(nullptr, "r", [&](Transaction& tx) -> Result<Numbers> {
        constexpr std::string_view kCount = "SELECT count(*) FROM note";
        Numbers seen{tx.query(kCount).value().at(0).integer(0)};
        must(add_note(*database, 2));
        seen.insert(tx.query(kCount).value().at(0).integer(0));
        return seen;
      });
      CHECK(counts.value() == Numbers{1});
      CHECK(note_numbers(*database) == Numbers{1, 2});
    }
  }
}

TEST_CASE("a look-up is a read of one statement", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      must(add_note(*database, 7, "seven"));
      Tracing tracing;
      const trace::Span root = tracing.root();
      const auto found =
          database->look_up(&root, "SELECT note", "SELECT text FROM note WHERE number = $1", {7});
      CHECK(found.value().at(0).text(0) == "seven");
      CHECK(database->look_up(&root, "SELECT nowhere", "SELECT 1 FROM nowhere").error().code ==
            Code::internal);
      CHECK_FALSE(database->look_up(nullptr, "sneaky", "DELETE FROM note WHERE number = $1", {7}));
      CHECK(note_numbers(*database) == Numbers{7});
      const auto spans = tracing.spans();
      REQUIRE(spans.size() == 2);
      CHECK(spans[0].name == "SELECT note");
      CHECK(spans[0].status == trace::SpanStatus::unset);
      CHECK(spans[1].status == trace::SpanStatus::error);
    }
  }
}

TEST_CASE("more readers than connections wait for one another", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      must(add_note(*database, 1));
      std::atomic<int> right{0};
      Threads(24, [&](std::size_t) {
        for (int n = 0; n < 50; ++n) right += note_numbers(*database) == Numbers{1} ? 1 : 0;
      }).join();
      CHECK(right == 24 * 50);
    }
  }
}

TEST_CASE("parameters count by their number, in any order and repeated", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      must(add_note(*database, 5, "five"));
      const auto rows = ask(*database,
                            "SELECT number FROM note WHERE text = $3 AND number >= $2"
                            " AND number > $1 AND number <> $1 ORDER BY number",
                            {4, 5, "five"});
      CHECK(rows.value().at(0).integer(0) == 5);
      CHECK_THROWS_AS(ask(*database, "SELECT number FROM note WHERE number = $1", {}),
                      std::logic_error);
    }
  }
}

TEST_CASE("values come back as they were stored", "[storage]") {
  const std::vector<std::string> texts = {"",
                                          "Ada Lovelace",
                                          "Grüße, 世界 🚀 e\u0301",
                                          "'; DROP TABLE note; --",
                                          "$1 ? \" ` $(reboot)",
                                          "line\nline\ttab\x1b[31m",
                                          std::string(100'000, 'x')};
  using Limits = std::numeric_limits<std::int64_t>;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      std::int64_t number = 0;
      for (const std::string& text : texts) must(add_note(*database, ++number, text));
      number = 0;
      for (const std::string& text : texts) {
        const auto rows = ask(*database, "SELECT text FROM note WHERE number = $1", {++number});
        CHECK(rows.value().at(0).text(0) == text);
      }
      for (const std::int64_t extreme : {Limits::min(), Limits::max()}) {
        must(add_note(*database, extreme));
        const auto rows = ask(*database, "SELECT number FROM note WHERE number = $1", {extreme});
        CHECK(rows.value().at(0).integer(0) == extreme);
      }
      database
          ->write(
              nullptr, "w",
              [](Transaction& tx) {
                return tx.query("INSERT INTO note (number, text) VALUES ($1, $2)", {1000, Value()});
              })
          .value();
      const auto rows = ask(*database, "SELECT text, number FROM note WHERE number = 1000", {});
      CHECK(rows.value().at(0).is_null(0));
      CHECK_FALSE(rows.value().at(0).is_null(1));
      CHECK_THROWS(rows.value().at(0).text(1));
    }
  }
}

TEST_CASE("a traced call has a span that tells what it waited for", "[storage]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kNotes);
      Tracing tracing;
      const trace::Span root = tracing.root();
      const trace::Span unsampled = tracing.root(false);
      must(add_note(*database, 1, "", &unsampled));
      CHECK(tracing.spans().empty());

      add_note(*database, 1, "", &root).error();
      const auto answer = database->read(&root, "SELECT note", [](Transaction&) -> Result<void> {
        return fail(Code::user_not_found, "an answer, not a failure");
      });
      const auto spans = tracing.spans();
      REQUIRE(spans.size() == 2);
      CHECK(spans[0].name == "INSERT note");
      CHECK(spans[0].kind == trace::SpanKind::client);
      CHECK(spans[0].parent_span_id == root.context().span_id);
      CHECK(spans[0].status == trace::SpanStatus::error);
      CHECK(attribute(spans[0], "db.system.name") == trace::AttributeValue(engine.name));
      CHECK(attribute(spans[0], "msdemo.durability") == trace::AttributeValue(std::string("full")));
      CHECK(attribute(spans[0], "msdemo.commit.batch") == trace::AttributeValue(std::int64_t{1}));
      CHECK(spans[1].name == "SELECT note");
      CHECK(spans[1].status == trace::SpanStatus::unset);
    }
  }
}

}  // namespace msdemo::test
