// The outbox and the inbox, on every engine: what they promise about a transaction that also does
// something else.
#include "messaging/outbox.hpp"

#include <array>
#include <future>

#include "base/limits.hpp"
#include "contract/engines.hpp"
#include "messaging/inbox.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/recording_sink.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::test {

using messaging::Event;
using messaging::Outbox;

namespace {

constexpr std::array<storage::Migration, 2> kSchema = {
    {messaging::outbox_step(1), messaging::inbox_step(2)}};

Event event(const std::string& id) {
  return {.id = id,
          .source = "/test",
          .type = "test.topic",
          .time = "2026-11-23T00:40:01.123Z",
          .correlation_id = "order-7",
          .partition_key = "7",
          .data = {{"n", 1}}};
}

struct Traced {
  RecordingSink sink;
  trace::Recorder recorder{sink};
  trace::Sampler sampler{real_clock(), trace::Sampler::Rule::always};
  Rng rng{1};
  trace::Tracer tracer{"test", recorder, sampler, real_clock(), rng};
  trace::Span span = tracer.start("test", trace::SpanKind::internal, std::nullopt);
};

}  // namespace

TEST_CASE("the outbox keeps what was committed, in order, until it is removed", "[outbox]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kSchema);
      Outbox outbox(*database, real_clock());
      Traced traced;
      const auto append = [&](const std::string& id, bool commit) {
        return database->write(nullptr, "test", [&](storage::Transaction& tx) -> Result<void> {
          if (auto done = outbox.append(tx, event(id), traced.span); !done) return done;
          if (!commit) return fail(Code::invalid_field, "no");
          return {};
        });
      };
      REQUIRE(append("a", true));
      REQUIRE_FALSE(append("never", false));
      REQUIRE(append("b", true));
      database.reopen(kSchema);
      Outbox reopened(*database, real_clock());
      const auto entries = reopened.oldest().value();
      REQUIRE(entries.size() == 2);
      CHECK(reopened.count().value() >= 2);
      const auto first = messaging::parse_event(entries[0].message.body).value();
      CHECK(first.id == "a");
      CHECK(messaging::parse_event(entries[1].message.body).value().id == "b");
      CHECK(entries[0].message.topic == "test.topic");
      CHECK(entries[0].message.key == "7");
      CHECK(entries[0].parent_span == traced.span.context().span_id);
      CHECK(first.traceparent == trace::format_traceparent(entries[0].span));
      REQUIRE(reopened.remove({entries[0]}));
      CHECK(reopened.oldest().value().size() == 1);
      REQUIRE(reopened.remove({entries[1]}));
      CHECK(reopened.oldest().value().empty());
      CHECK(reopened.count().value() == 0);
    }
  }
}

TEST_CASE("a batch from the outbox has limits", "[outbox]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kSchema);
      Outbox outbox(*database, real_clock());
      Traced traced;
      const auto fill = [&](std::size_t count, std::size_t bytes) {
        REQUIRE(database->write(nullptr, "test", [&](storage::Transaction& tx) -> Result<void> {
          Event large = event("x");
          large.data = std::string(bytes, 'x');
          for (std::size_t i = 0; i < count; ++i) {
            if (auto done = outbox.append(tx, large, traced.span); !done) return done;
          }
          return {};
        }));
      };
      SECTION("of messages") {
        fill(limits::kBatchMessages + 1, 1);
        CHECK(outbox.oldest().value().size() == limits::kBatchMessages);
      }
      SECTION("of bytes, but one always fits") {
        fill(3, limits::kBatchBytes / 2);
        CHECK(outbox.oldest().value().size() == 1);
      }
    }
  }
}

TEST_CASE("waiting for the outbox misses nothing", "[outbox]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kSchema);
      Outbox outbox(*database, real_clock());
      outbox.wait();  // a former process may have left something
      outbox.committed();
      outbox.wait();
      auto waiting = std::async(std::launch::async, [&] { outbox.wait(); });
      outbox.committed();
      CHECK(waiting.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
    }
  }
}

TEST_CASE("as many entries as were published are removed, and no others", "[outbox]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kSchema);
      Outbox outbox(*database, real_clock());
      Traced traced;
      constexpr std::size_t kEntries = 40;
      REQUIRE(database->write(nullptr, "test", [&](storage::Transaction& tx) -> Result<void> {
        for (std::size_t i = 0; i < kEntries; ++i) {
          if (auto done = outbox.append(tx, event("x"), traced.span); !done) return done;
        }
        return {};
      }));
      REQUIRE(outbox.remove({}));
      std::size_t left = kEntries;
      for (const std::size_t count : {1U, 2U, 17U, 20U}) {
        auto entries = outbox.oldest().value();
        REQUIRE(entries.size() == left);
        entries.resize(count);
        REQUIRE(outbox.remove(entries));
        left -= count;
      }
      CHECK(outbox.oldest().value().empty());
    }
  }
}

TEST_CASE("an event is new once, if the transaction that saw it commits", "[inbox]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, kSchema);
      const auto see = [&](const Event& seen, bool commit) {
        bool first = false;
        const auto done =
            database->write(nullptr, "test", [&](storage::Transaction& tx) -> Result<void> {
              first = messaging::first_time(tx, seen).value();
              if (!commit) return fail(Code::invalid_field, "no");
              return {};
            });
        CHECK(done.has_value() == commit);
        return first;
      };
      CHECK(see(event("a"), false));
      CHECK(see(event("a"), true));
      CHECK_FALSE(see(event("a"), true));
      CHECK(see(event("b"), true));
      Event other = event("a");
      other.source = "/other";
      CHECK(see(other, true));
      database.reopen(kSchema);
      CHECK_FALSE(see(event("a"), true));
    }
  }
}

}  // namespace msdemo::test
