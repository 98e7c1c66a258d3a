// What the order service may expect of its rows, on every engine; above all that a key stands for
// one order, however often and however concurrently it is sent.
#include "order/store.hpp"

#include <set>

#include "contract/engines.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

using namespace msdemo;
using namespace msdemo::test;
using contracts::Order;
using contracts::OrderStatus;
using order::OrderStore;

namespace {

const std::string kNow = "2026-11-23T00:40:01.123Z";

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
      OrderStore store(*database);
      const auto added = store.add({7, "book"}, "Ada", kNow, std::nullopt, nullptr);
      CHECK(added.value().id == 1);
      for (const Order& order : {added.value(), store.find(1, nullptr).value()}) {
        CHECK(order.user_id == 7);
        CHECK(order.item_name == "book");
        CHECK(order.username == "Ada");
        CHECK(order.status == OrderStatus::confirmed);
        CHECK(order.created_at == kNow);
      }
      const auto nothing = store.find(2, nullptr);
      CHECK(nothing.error().code == Code::order_not_found);
      CHECK(nothing.error().message == "there is no order 2");
    }
  }
}

TEST_CASE("orders without a key are never the same order", "[order]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      OrderStore store(*database);
      CHECK(store.add({7, "book"}, "Ada", kNow, std::nullopt, nullptr).value().id == 1);
      CHECK(store.add({7, "book"}, "Ada", kNow, std::nullopt, nullptr).value().id == 2);
    }
  }
}

TEST_CASE("a key stands for one order", "[order]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      OrderStore store(*database);
      const auto first = store.add({7, "book"}, "Ada", kNow, "key", nullptr);
      const auto repeated = store.add({7, "book"}, "Ada B.", "later", "key", nullptr);
      CHECK(repeated.value().id == first.value().id);
      CHECK(repeated.value().username == "Ada");
      CHECK(repeated.value().created_at == kNow);

      for (const contracts::NewOrder& other :
           {contracts::NewOrder{8, "book"}, contracts::NewOrder{7, "pen"}}) {
        const auto reused = store.add(other, "Ada", kNow, "key", nullptr);
        CHECK(reused.error().code == Code::idempotency_key_reused);
      }
      const auto second = store.add({7, "book"}, "Ada", kNow, "other key", nullptr);
      CHECK(second.value().id > first.value().id);

      database.reopen(order::migrations());
      OrderStore restarted(*database);
      CHECK(restarted.add({7, "book"}, "Ada", kNow, "key", nullptr).value().id == 1);
      CHECK(restarted.find_by_key("key", {7, "book"}, nullptr).value().value().id == 1);
      CHECK(restarted.find_by_key("key", {7, "pen"}, nullptr).error().code ==
            Code::idempotency_key_reused);
      CHECK_FALSE(restarted.find_by_key("unknown", {7, "book"}, nullptr).value());
      CHECK(ids(restarted.list({50, 0}, {}, nullptr)) ==
            std::vector<std::int64_t>{1, second.value().id});
    }
  }
}

TEST_CASE("32 concurrent orders with one key are one order", "[order]") {
  constexpr std::size_t kThreads = 32;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      OrderStore store(*database);
      for (const std::string key : {"first", "second", "third"}) {
        std::vector<std::int64_t> got(kThreads);
        Threads(kThreads, [&](std::size_t i) {
          got[i] = store.add({1, "book"}, "Ada", kNow, key, nullptr).value().id;
        }).join();
        CHECK(std::set<std::int64_t>(got.begin(), got.end()).size() == 1);
      }
      CHECK(store.list({50, 0}, {}, nullptr).value().items.size() == 3);
    }
  }
}

TEST_CASE("orders are paged in order of id, narrowed by status and user", "[order]") {
  using Ids = std::vector<std::int64_t>;
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, order::migrations());
      OrderStore store(*database);
      for (const std::int64_t user : {1, 2, 1, 2, 1}) {
        store.add({user, "book"}, "Ada", kNow, std::nullopt, nullptr).value();
      }
      const auto list = [&](contracts::PageRequest page, order::OrderFilter filter) {
        return store.list(page, filter, nullptr);
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
