// What the user service may expect of its rows, on every engine.
#include "user/store.hpp"

#include "contract/engines.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

using namespace msdemo;
using namespace msdemo::test;
using user::UserStore;

TEST_CASE("a user is found as added", "[user]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, user::migrations());
      UserStore store(*database);
      const auto ada = store.add({"Ada"}, nullptr);
      CHECK(ada.value().id == 1);
      CHECK(ada.value().name == "Ada");
      const auto hostile = store.add({"Robert'); DROP TABLE users; -- 世界"}, nullptr);
      CHECK(store.find(1, nullptr).value().name == "Ada");
      CHECK(store.find(hostile.value().id, nullptr).value().name == hostile.value().name);
      database.reopen(user::migrations());
      CHECK(UserStore(*database).find(1, nullptr).value().name == "Ada");
    }
  }
}

TEST_CASE("a user who is not there is user_not_found, naming the id", "[user]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, user::migrations());
      const auto nobody = UserStore(*database).find(9223372036854775807, nullptr);
      CHECK(nobody.error().code == Code::user_not_found);
      CHECK(nobody.error().message == "there is no user 9223372036854775807");
    }
  }
}

TEST_CASE("users are paged in order of id", "[user]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, user::migrations());
      UserStore store(*database);
      const auto empty = store.list({50, 0}, nullptr);
      CHECK(empty.value().items.empty());
      CHECK_FALSE(empty.value().next);
      for (const char* name : {"Ada", "Grace", "Linus"}) store.add({name}, nullptr).value();
      const auto first = store.list({2, 0}, nullptr);
      REQUIRE(first.value().items.size() == 2);
      CHECK(first.value().items[1].name == "Grace");
      CHECK(first.value().next == 2);
      const auto second = store.list({2, *first.value().next}, nullptr);
      REQUIRE(second.value().items.size() == 1);
      CHECK(second.value().items[0].name == "Linus");
      CHECK_FALSE(second.value().next);
    }
  }
}

TEST_CASE("users added at once get an id each", "[user]") {
  for (const Engine& engine : engines()) {
    DYNAMIC_SECTION(engine.name) {
      FreshDatabase database(engine, user::migrations());
      UserStore store(*database);
      Threads(16, [&](std::size_t i) {
        store.add({"user " + std::to_string(i)}, nullptr).value();
      }).join();
      const auto all = store.list({50, 0}, nullptr);
      REQUIRE(all.value().items.size() == 16);
      CHECK(all.value().items.back().id == 16);
    }
  }
}
