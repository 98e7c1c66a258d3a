// Orders on a database that several processes share, over connections that break at the worst
// moment: each order is stored once, and whoever waits for it hears, wherever it is decided.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <future>
#include <set>
#include <string>

#include "base/url.hpp"
#include "contract/engines.hpp"
#include "contract/postgres_engine.hpp"
#include "faults/faults.hpp"
#include "http/protected_client.hpp"
#include "order/service.hpp"
#include "order/worker.hpp"
#include "resilience/policies.hpp"
#include "support/breaking_proxy.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using contracts::OrderStatus;
using namespace std::chrono_literals;

namespace {

const std::string kNow = "2026-11-23T00:40:01.123Z";
const contracts::NewOrder kBook{7, "book"};

/// No broker: nothing is published here.
class Silence final : public messaging::Broker {
 public:
  Result<void> publish(std::span<const messaging::Message>) override {
    return fail(Code::unreachable, "there is no broker");
  }
  Result<std::unique_ptr<messaging::Subscription>> subscribe(
      const std::string&, std::span<const std::string>) override {
    return fail(Code::unreachable, "there is no broker");
  }
};

/// One process of the order service, without its HTTP.
struct Replica {
  explicit Replica(std::unique_ptr<storage::Database> opened) : database(std::move(opened)) {}

  Result<order::Placement> confirm(const std::optional<std::string>& key) {
    return store.add_confirmed(kBook, {"Ada"}, kNow, key, span);
  }

  Result<order::Placement> accept(const std::optional<std::string>& key) {
    return store.add_pending(kBook, kNow, "request", resilience::Publish::outbox, key, span);
  }

  std::size_t orders() { return store.list({50, 0}, {}, nullptr).value().items.size(); }

  std::unique_ptr<storage::Database> database;
  Rng rng{1};
  trace::Tracer tracer{real_clock(), rng};
  trace::Span span = tracer.start("test", trace::SpanKind::internal, std::nullopt);
  messaging::Outbox outbox{*database, real_clock()};
  order::OrderStore store{*database, outbox};
  resilience::Policies policies{resilience::Role::caller};
  http::ProtectedClient users{{"http://127.0.0.1:1"}, "user", policies, real_clock(), rng};
  Silence broker;
  order::Waiters waiters;
  faults::Faults faults{real_clock(), rng};
  order::OrderService service{store, users, broker, policies, waiters, faults, real_clock(), rng};
  order::OrderWorker worker{store, waiters, real_clock()};
};

messaging::Event reply(const std::string& id) {
  return {.id = id,
          .source = "/user",
          .type = "test",
          .time = kNow,
          .correlation_id = {},
          .partition_key = {},
          .data = {}};
}

std::size_t decide(Replica& replica, const messaging::Event& event, std::int64_t order_id) {
  const order::Decision decision{.event = &event,
                                 .order_id = order_id,
                                 .status = OrderStatus::confirmed,
                                 .username = "Ada",
                                 .span = &replica.span};
  return must(replica.store.decide(std::span(&decision, 1), kNow)).size();
}

/// A replica whose connections to the server can be cut.
struct BreakingReplica {
  BreakingReplica(const std::filesystem::path& place, const Url& url)
      : proxy(url.host, url.port.value_or(5432)),
        replica(must(open_schema(place, order::migrations(),
                                 fmt::format("postgresql://{}:{}@127.0.0.1:{}/{}", url.user,
                                             url.password, proxy.port(), url.path)))) {}

  BreakingProxy proxy;
  Replica replica;
};

}  // namespace

TEST_CASE("a commit whose outcome nobody knows is resolved by its key", "[postgres][order]") {
  const auto when = GENERATE(BreakingProxy::Cut::before, BreakingProxy::Cut::after);
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, order::migrations());
    BreakingReplica breaking(place.place(), must(parse_url(postgres_url())));
    Replica& replica = breaking.replica;
    must(replica.confirm("warm up"));
    breaking.proxy.cut_at("COMMIT", when);

    SECTION("a sync order") {
      const auto placed = replica.confirm("key");
      CHECK(breaking.proxy.has_cut());
      REQUIRE(placed);
      CHECK_FALSE(placed->repeated);
      CHECK(replica.confirm("key").value().order.id == placed->order.id);
      CHECK(replica.orders() == 2);
    }
    SECTION("an async order, and its message") {
      const auto placed = replica.accept("key");
      CHECK(breaking.proxy.has_cut());
      REQUIRE(placed);
      CHECK(replica.orders() == 2);
      CHECK(replica.outbox.oldest().value().size() == 1);
    }
    SECTION("without a key the answer is that nobody knows, and it is right") {
      const auto placed = replica.confirm(std::nullopt);
      CHECK(breaking.proxy.has_cut());
      REQUIRE_FALSE(placed);
      CHECK(placed.error().code == Code::internal);
      CHECK_FALSE(placed.error().definite());
      CHECK(replica.orders() == (when == BreakingProxy::Cut::after ? 2 : 1));
    }
  }
}

TEST_CASE("a commit stays unknown while nobody can be asked", "[postgres][order]") {
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, order::migrations());
    BreakingReplica breaking(place.place(), must(parse_url(postgres_url())));
    must(breaking.replica.confirm("warm up"));
    breaking.proxy.cut_at("COMMIT", BreakingProxy::Cut::after, BreakingProxy::Then::refuse);
    const auto placed = breaking.replica.confirm("key");
    CHECK(breaking.proxy.has_cut());
    CHECK(placed.error().code == Code::internal);
    CHECK_FALSE(placed.error().definite());
    breaking.proxy.down();
    breaking.proxy.up();
    const auto repeated = [&] { return breaking.replica.confirm("key"); };
    auto again = repeated();
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!again && std::chrono::steady_clock::now() < deadline) again = repeated();
    CHECK(again.value().repeated);
    CHECK(breaking.replica.orders() == 2);
  }
}

TEST_CASE("one key at several processes is one order", "[postgres][order]") {
  constexpr std::size_t kThreads = 24;
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, order::migrations());
    std::array<std::unique_ptr<Replica>, 3> replicas;
    for (auto& replica : replicas) {
      replica = std::make_unique<Replica>(must(open_schema(place.place(), order::migrations())));
    }
    for (const std::string key : {"first", "second", "third"}) {
      std::vector<std::int64_t> got(kThreads);
      Threads(kThreads, [&](std::size_t i) {
        got[i] = must(replicas[i % replicas.size()]->confirm(key)).order.id;
      }).join();
      CHECK(std::set<std::int64_t>(got.begin(), got.end()).size() == 1);
    }
    CHECK(replicas[0]->orders() == 3);
  }
}

TEST_CASE("several processes that decide one order decide it once", "[postgres][order]") {
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, order::migrations());
    Replica first(must(open_schema(place.place(), order::migrations())));
    Replica second(must(open_schema(place.place(), order::migrations())));
    for (int round = 0; round < 20; ++round) {
      const auto id = must(first.accept(std::nullopt)).order.id;
      const bool same = round % 2 == 0;
      std::array<std::size_t, 2> changed{};
      Threads(2, [&](std::size_t i) {
        const auto event = reply(fmt::format("{}-{}", round, same ? 0 : i));
        changed[i] = decide(i == 0 ? first : second, event, id);
      }).join();
      CHECK(changed[0] + changed[1] == 1);
    }
    const auto waiting = first.outbox.oldest().value();
    CHECK(waiting.size() == 40);
  }
}

TEST_CASE("who waits for an order hears when another process decides it", "[postgres][order]") {
  for (const Engine& engine : engines()) {
    FreshDatabase place(engine, order::migrations());
    Replica asked(must(open_schema(place.place(), order::migrations())));
    Replica deciding(must(open_schema(place.place(), order::migrations())));
    std::chrono::nanoseconds slowest{};
    for (int round = 0; round < 5; ++round) {
      const auto id = must(asked.accept(std::nullopt)).order.id;
      std::chrono::steady_clock::time_point heard;
      Threads waiting(1, [&](std::size_t) {
        const auto order = asked.service.wait_until_decided(id, 20s, asked.span);
        heard = std::chrono::steady_clock::now();
        CHECK(order.value().status == OrderStatus::confirmed);
      });
      waiting.await_blocked();
      const auto begun = std::chrono::steady_clock::now();
      CHECK(decide(deciding, reply(std::to_string(round)), id) == 1);
      waiting.join();
      if (round > 0) slowest = std::max(slowest, heard - begun);  // all listen by then
    }
    // By being told: looking again would take half of this on average.
    CHECK(slowest < limits::kOrderReread);
  }
}

}  // namespace msdemo::test
