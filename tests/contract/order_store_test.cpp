// What the order service may expect of its rows, on every engine; above all that a key stands for
// one order, however often and however concurrently it is sent.
#include "order/store.hpp"

#include <set>

#include "contract/engines.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace msdemo::test {

using contracts::Order;
using contracts::OrderStatus;

namespace {

const std::string kNow = "2026-11-23T00:40:01.123Z";

/// The store with what it needs around it.
struct Orders {
  explicit Orders(storage::Database& database)
      : outbox(database, real_clock()), store(database, outbox) {}

  /// A confirmed order.
  Result<Order> add(const contracts::NewOrder& wanted, const std::string& username,
                    const std::string& created_at, const std::optional<std::string>& key = {}) {
    auto placed = store.add_confirmed(wanted, {username}, created_at, key, span);
    if (!placed) return fail(placed.error());
    CHECK(placed->style == order::OrderStyle::sync);
    return placed->order;
  }

  Result<order::Placement> accept(const contracts::NewOrder& wanted, const std::string& request_id,
                                  const std::optional<std::string>& key = {}) {
    return store.add_pending(wanted, kNow, request_id, resilience::Publish::outbox, key, span);
  }

  /// Applies one decision that came with the event `id`.
  std::vector<Order> decide(const std::string& id, std::int64_t order_id, OrderStatus status) {
    const messaging::Event event{.id = id,
                                 .source = "/user",
                                 .type = "test",
                                 .time = kNow,
                                 .correlation_id = {},
                                 .partition_key = {},
                                 .data = {}};
    const order::Decision decision{.event = &event,
                                   .order_id = order_id,
                                   .status = status,
                                   .username = status == OrderStatus::confirmed ? "Ada" : "",
                                   .reason = status == OrderStatus::confirmed ? "" : "because",
                                   .span = &span};
    return store.decide(std::span(&decision, 1), kNow).value();
  }

  /// What waits to be published.
  std::vector<messaging::Event> told() {
    std::vector<messaging::Event> events;
    const auto entries = outbox.oldest().value();
    for (const auto& entry : entries) {
      events.push_back(messaging::parse_event(entry.message.body).value());
      CHECK(events.back().type == entry.message.topic);
      CHECK(events.back().partition_key == entry.message.key);
    }
    return events;
  }

  Rng rng{1};
  trace::Tracer tracer{real_clock(), rng};
  trace::Span span = tracer.start("test", trace::SpanKind::internal, std::nullopt);
  messaging::Outbox outbox;
  order::OrderStore store;
};

std::vector<std::int64_t> ids(const Result<contracts::Page<Order>>& page) {
  std::vector<std::int64_t> all;
  for (const Order& order : page.value().items) all.push_back(order.id);
  return all;
}

}  // namespace

TEST_CASE("an order is found as added", "[order]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      Orders store(*database);
      const auto added = store.add({7, "book"}, "Ada", kNow);
      CHECK(added.value().id == 1);
      for (const Order& order : {added.value(), store.store.find(1, nullptr).value()}) {
        CHECK(order.user_id == 7);
        CHECK(order.item_name == "book");
        CHECK(order.username == "Ada");
        CHECK(order.status == OrderStatus::confirmed);
        CHECK(order.created_at == kNow);
      }
      const auto nothing = store.store.find(2, nullptr);
      CHECK(nothing.error().code == Code::order_not_found);
      CHECK(nothing.error().message == "there is no order 2");
    }
  }
}

TEST_CASE("orders without a key are never the same order", "[order]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      Orders store(*database);
      CHECK(store.add({7, "book"}, "Ada", kNow).value().id == 1);
      CHECK(store.add({7, "book"}, "Ada", kNow).value().id == 2);
    }
  }
}

TEST_CASE("a key stands for one order", "[order]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      Orders store(*database);
      const auto first = store.add({7, "book"}, "Ada", kNow, "key");
      const auto repeated = store.add({7, "book"}, "Ada B.", "later", "key");
      CHECK(repeated.value().id == first.value().id);
      CHECK(repeated.value().username == "Ada");
      CHECK(repeated.value().created_at == kNow);

      for (const contracts::NewOrder& other :
           {contracts::NewOrder{8, "book"}, contracts::NewOrder{7, "pen"}}) {
        const auto reused = store.add(other, "Ada", kNow, "key");
        CHECK(reused.error().code == Code::idempotency_key_reused);
      }
      const auto second = store.add({7, "book"}, "Ada", kNow, "other key");
      CHECK(second.value().id > first.value().id);

      database.reopen(order::migrations());
      Orders restarted(*database);
      CHECK(restarted.add({7, "book"}, "Ada", kNow, "key").value().id == 1);
      CHECK(restarted.store.find_by_key("key", {7, "book"}, nullptr).value().value().order.id == 1);
      CHECK(restarted.store.find_by_key("key", {7, "pen"}, nullptr).error().code ==
            Code::idempotency_key_reused);
      CHECK_FALSE(restarted.store.find_by_key("unknown", {7, "book"}, nullptr).value());
      CHECK(ids(restarted.store.list({50, 0}, {}, nullptr)) ==
            std::vector<std::int64_t>{1, second.value().id});
    }
  }
}

TEST_CASE("32 concurrent orders with one key are one order", "[order]") {
  constexpr std::size_t kThreads = 32;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      Orders store(*database);
      for (const std::string key : {"first", "second", "third"}) {
        std::vector<std::int64_t> got(kThreads);
        Threads(kThreads, [&](std::size_t i) {
          got[i] = store.add({1, "book"}, "Ada", kNow, key).value().id;
        }).join();
        CHECK(std::set<std::int64_t>(got.begin(), got.end()).size() == 1);
      }
      CHECK(store.store.list({50, 0}, {}, nullptr).value().items.size() == 3);
    }
  }
}

TEST_CASE("orders are paged in order of id, narrowed by status and user", "[order]") {
  using Ids = std::vector<std::int64_t>;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      Orders store(*database);
      for (const std::int64_t user : {1, 2, 1, 2, 1}) {
        store.add({user, "book"}, "Ada", kNow).value();
      }
      const auto list = [&](contracts::PageRequest page, order::OrderFilter filter) {
        return store.store.list(page, filter, nullptr);
      };
      CHECK(ids(list({50, 0}, {})) == Ids{1, 2, 3, 4, 5});
      const auto first = list({2, 0}, {{}, 1});
      CHECK(ids(first) == Ids{1, 3});
      CHECK(first.value().next == 3);
      const auto last = list({2, 3}, {{}, 1});
      CHECK(ids(last) == Ids{5});
      CHECK_FALSE(last.value().next);
      CHECK(ids(list({50, 2}, {OrderStatus::confirmed, 2})) == Ids{4});
      CHECK(ids(list({50, 1}, {OrderStatus::confirmed, {}})) == Ids{2, 3, 4, 5});
      CHECK(ids(list({50, 0}, {OrderStatus::pending, {}})).empty());
      CHECK(ids(list({50, 5}, {})).empty());
    }
  }
}

TEST_CASE("a pending order and the question who orders are stored together", "[order][outbox]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      Orders store(*database);
      const auto placed = store.accept({7, "book"}, "request-1", "key").value();
      CHECK(placed.style == order::OrderStyle::async);
      CHECK(placed.order.status == OrderStatus::pending);
      CHECK(placed.order.username.empty());
      const auto told = store.told();
      REQUIRE(told.size() == 1);
      CHECK(told[0].id == "request-1");
      CHECK(told[0].type == "user.lookup.requested");
      CHECK(dump_json(told[0].data) == R"({"order_id":1,"user_id":7})");

      SECTION("a repetition asks nobody again and tells how the order was placed") {
        const auto repeated = store.accept({7, "book"}, "request-2", "key").value();
        CHECK(repeated.order.id == placed.order.id);
        CHECK(repeated.style == order::OrderStyle::async);
        CHECK(store.told().size() == 1);
        CHECK(store.accept({7, "pen"}, "request-3", "key").error().code ==
              Code::idempotency_key_reused);
        CHECK(store.told().size() == 1);
      }
    }
  }
}

TEST_CASE("a decision takes effect once, and only while it may", "[order][inbox]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      Orders store(*database);
      const auto id = store.accept({7, "book"}, "r").value().order.id;
      const auto stored = [&] { return store.store.find(id, nullptr).value(); };

      SECTION("confirmed: the order, its name and one event") {
        const auto changed = store.decide("a", id, OrderStatus::confirmed);
        REQUIRE(changed.size() == 1);
        CHECK(stored().status == OrderStatus::confirmed);
        CHECK(stored().username == "Ada");
        CHECK(stored().reason.empty());
        REQUIRE(store.told().size() == 2);
        CHECK(store.told()[1].type == "order.confirmed");
        CHECK(store.told()[1].id == "a.confirmed");
        CHECK(dump_json(store.told()[1].data) == dump_json(to_json(stored())));

        CHECK(store.decide("a", id, OrderStatus::confirmed).empty());
        CHECK(store.decide("b", id, OrderStatus::rejected).empty());
        CHECK(store.decide("c", id, OrderStatus::failed).empty());
        CHECK(stored().status == OrderStatus::confirmed);
        CHECK(store.told().size() == 2);
      }
      SECTION("rejected, with the reason") {
        CHECK(store.decide("a", id, OrderStatus::rejected).size() == 1);
        CHECK(stored().status == OrderStatus::rejected);
        CHECK(stored().reason == "because");
        CHECK(store.told()[1].type == "order.rejected");
        CHECK(store.decide("b", id, OrderStatus::confirmed).empty());
      }
      SECTION("failed tells nobody, and can still be confirmed") {
        CHECK(store.decide("a", id, OrderStatus::failed).size() == 1);
        CHECK(stored().status == OrderStatus::failed);
        CHECK(stored().reason == "because");
        CHECK(store.told().size() == 1);
        CHECK(store.decide("b", id, OrderStatus::failed).empty());
        CHECK(store.decide("c", id, OrderStatus::confirmed).size() == 1);
        CHECK(stored().status == OrderStatus::confirmed);
        CHECK(stored().reason.empty());
        CHECK(store.told().size() == 2);
      }
      SECTION("an order that is not there") {
        CHECK(store.decide("a", 99, OrderStatus::confirmed).empty());
        CHECK(store.told().size() == 1);
      }
    }
  }
}

}  // namespace msdemo::test
