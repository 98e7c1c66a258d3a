// The outbox where several transactions and several processes write at once: entries that become
// visible late are neither lost nor skipped, and one relay publishes at a time.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "contract/engines.hpp"
#include "contract/postgres_engine.hpp"
#include "faults/faults.hpp"
#include "messaging/outbox_relay.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using messaging::Event;
using messaging::Outbox;
using namespace std::chrono_literals;

namespace {

constexpr std::array<storage::Migration, 1> kSchema = {messaging::outbox_step(1)};

Event event(const std::string& id, const std::string& key) {
  return {.id = id,
          .source = "/test",
          .type = "test.topic",
          .time = "2026-11-23T00:40:01.123Z",
          .correlation_id = "test",
          .partition_key = key,
          .data = {{"n", 1}}};
}

/// Keeps what is published, in its order.
class Ledger final : public messaging::Broker {
 public:
  Result<void> publish(std::span<const messaging::Message> batch) override {
    const std::lock_guard lock(mutex_);
    for (const auto& message : batch) {
      by_key_[message.key].push_back(must(messaging::parse_event(message.body)).id);
      ++count_;
    }
    changed_.notify_all();
    return {};
  }
  Result<std::unique_ptr<messaging::Subscription>> subscribe(
      const std::string&, std::span<const std::string>) override {
    return fail(Code::unreachable, "only for publishing");
  }

  /// False if there are not so many within some seconds.
  bool await(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 15s, [&] { return count_ >= count; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::vector<std::string> of(const std::string& key) {
    const std::lock_guard lock(mutex_);
    return by_key_[key];
  }

 private:
  std::mutex mutex_;  ///< guards everything below
  std::condition_variable changed_;
  std::map<std::string, std::vector<std::string>> by_key_;
  std::size_t count_ = 0;
};

/// A process that writes to a shared outbox, and may publish it.
struct Process {
  explicit Process(std::unique_ptr<storage::Database> opened) : database(std::move(opened)) {}

  void append(const std::string& id, const std::string& key) {
    must(database->write(nullptr, "test", [&](storage::Transaction& tx) {
      return outbox.append(tx, event(id, key), span);
    }));
    outbox.committed();
  }

  void relay_to(messaging::Broker& broker) {
    relay.emplace(outbox, broker, tracer, real_clock(), rng, faults);
  }

  std::unique_ptr<storage::Database> database;
  Rng rng{1};
  trace::Tracer tracer{real_clock(), rng};
  trace::Span span = tracer.start("test", trace::SpanKind::internal, std::nullopt);
  faults::Faults faults{real_clock(), rng};
  Outbox outbox{*database, real_clock()};
  std::optional<messaging::OutboxRelay> relay{};
};

std::unique_ptr<Process> process_at(const FreshDatabase& place, const std::string& more = "") {
  return std::make_unique<Process>(
      must(open_schema(place.place(), kSchema, postgres_url() + more)));
}

}  // namespace

TEST_CASE("an entry that becomes visible late is neither lost nor skipped", "[postgres][outbox]") {
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, kSchema);
    auto late = process_at(place);
    auto early = process_at(place);
    std::promise<void> appended;
    std::promise<void> commit;
    Threads slow(1, [&](std::size_t) {
      must(late->database->write(nullptr, "test", [&](storage::Transaction& tx) -> Result<void> {
        if (auto done = late->outbox.append(tx, event("late", "a"), late->span); !done) return done;
        appended.set_value();
        commit.get_future().wait();
        return {};
      }));
      late->outbox.committed();
    });
    appended.get_future().wait();
    Ledger ledger;
    early->relay_to(ledger);
    early->append("early", "b");
    REQUIRE(ledger.await(1));  // nobody waits for the open transaction
    CHECK(ledger.of("b") == std::vector<std::string>{"early"});
    early->append("more", "b");
    REQUIRE(ledger.await(2));
    commit.set_value();
    REQUIRE(ledger.await(3));
    CHECK(ledger.of("a") == std::vector<std::string>{"late"});
    early->relay.reset();
    CHECK(early->outbox.oldest().value().empty());
    CHECK(ledger.count() == 3);
  }
}

TEST_CASE("of several relays one publishes, each key in its order and each entry once",
          "[postgres][outbox]") {
  constexpr std::size_t kEach = 60;
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, kSchema);
    Ledger ledger;
    std::array<std::unique_ptr<Process>, 3> processes;
    for (auto& process : processes) {
      process = process_at(place);
      process->relay_to(ledger);
    }
    Threads(processes.size(), [&](std::size_t i) {
      for (std::size_t n = 0; n < kEach; ++n) {
        processes[i]->append(std::to_string(n), std::to_string(i));
      }
    }).join();
    REQUIRE(ledger.await(kEach * processes.size()));
    for (auto& process : processes) process->relay.reset();
    CHECK(ledger.count() == kEach * processes.size());
    std::vector<std::string> in_order;
    for (std::size_t n = 0; n < kEach; ++n) in_order.push_back(std::to_string(n));
    for (std::size_t i = 0; i < processes.size(); ++i) {
      CHECK(ledger.of(std::to_string(i)) == in_order);
    }
  }
}

TEST_CASE("when the relay that publishes goes, another takes over", "[postgres][outbox]") {
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, kSchema);
    Ledger first_ledger;
    Ledger second_ledger;
    const std::string name = schema_at(place.place());
    auto first = process_at(place, "?application_name=" + name);
    first->relay_to(first_ledger);
    first->append("a", "k");
    REQUIRE(first_ledger.await(1));
    auto second = process_at(place);
    second->relay_to(second_ledger);

    SECTION("because its process stops") {
      first.reset();
      second->append("b", "k");
      REQUIRE(second_ledger.await(1));
    }
    SECTION("because its connections are lost, and whoever leads hears of the other's entries") {
      run_on_server(
          fmt::format("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                      " WHERE application_name = '{}'",
                      name));
      for (int i = 0; i < 10; ++i) {
        first->append(fmt::format("first {}", i), "k");
        second->append(fmt::format("second {}", i), "k");
        const auto all = static_cast<std::size_t>(1 + 2 * (i + 1));
        const auto deadline = std::chrono::steady_clock::now() + 15s;
        while (first_ledger.count() + second_ledger.count() < all &&
               std::chrono::steady_clock::now() < deadline) {
          std::this_thread::yield();
        }
        REQUIRE(first_ledger.count() + second_ledger.count() >= all);
      }
    }
    CHECK(second->outbox.oldest().value().size() <= 1);  // what is published is being removed
  }
}

}  // namespace msdemo::test
