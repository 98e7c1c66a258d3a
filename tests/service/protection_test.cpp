// What an order's caller sees of the order service's policy: fallbacks, breakers, deadlines and the
// dual write, over real HTTP.
#include <atomic>

#include "contracts/problem.hpp"
#include "support/catch.hpp"
#include "support/test_services.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// An order service before a user service that can be broken.
struct Shop {
  Shop() {
    http::Router router;
    router.add("GET", "/users/{id}", [this](const http::Request&) -> Result<http::Response> {
      ++lookups;
      if (broken) return fail(Code::internal, "broken on purpose");
      return http::json_response(200, {{"id", 1}, {"name", "Ada"}});
    });
    users = test::must(http::Server::start({}, std::move(router), nullptr, nullptr));
    orders.emplace(sink, users->url());
    client.emplace(orders->url());
  }
  ~Shop() {
    orders.reset();
    users.reset();
  }

  http::ClientResponse place(Headers headers = {}) {
    return test::must(client->send({.method = "POST",
                                    .target = "/orders",
                                    .body = R"({"user_id":1,"item_name":"book"})",
                                    .headers = std::move(headers)},
                                   10s));
  }

  std::size_t stored() {
    const auto answer = test::must(client->send({.target = "/orders"}, 5s));
    return parse_json(answer.body)->at("orders").size();
  }

  std::atomic<bool> broken = false;
  std::atomic<int> lookups = 0;
  test::RecordingSink sink;
  std::unique_ptr<http::Server> users;
  std::optional<test::OrderService> orders;
  std::optional<http::Client> client;
};

Code problem(const http::ClientResponse& answer) {
  return contracts::from_problem(answer.status, answer.body).code;
}

}  // namespace

TEST_CASE("a fallback is the last known name, marked stale wherever it is read", "[protection]") {
  Shop shop;
  REQUIRE(shop.place().status == 201);
  shop.broken = true;
  CHECK(shop.place().status == 503);
  test::must(shop.orders->policies.change({{"fallback", "on"}}));
  const auto stale = shop.place();
  REQUIRE(stale.status == 201);
  const Json order = parse_json(stale.body).value();
  CHECK(order.at("username") == "Ada");
  CHECK(order.at("stale") == true);
  const auto again =
      test::must(shop.client->send({.target = stale.header("Location").value()}, 5s));
  CHECK(parse_json(again.body)->at("stale") == true);
  const auto fresh = test::must(shop.client->send({.target = "/orders/1"}, 5s));
  CHECK_FALSE(parse_json(fresh.body)->contains("stale"));
}

TEST_CASE("a fallback knows nobody who was never looked up", "[protection]") {
  Shop shop;
  test::must(shop.orders->policies.change({{"fallback", "on"}}));
  shop.broken = true;
  CHECK(shop.place().status == 503);
  CHECK(shop.stored() == 0);
}

TEST_CASE("an open breaker is a 503 that says when to come again", "[protection]") {
  Shop shop;
  shop.broken = true;
  for (int i = 0; i < 10; ++i) CHECK(shop.place().status == 503);
  const int lookups = shop.lookups;
  const auto refused = shop.place();
  CHECK(refused.status == 503);
  CHECK(problem(refused) == Code::breaker_open);
  CHECK(refused.header("Retry-After") == "5");
  CHECK(shop.lookups == lookups);
  CHECK(shop.stored() == 0);
}

TEST_CASE("an order whose caller has stopped waiting is not stored", "[protection]") {
  Shop shop;
  const auto late = shop.place({{"X-Deadline-Ms", "0"}});
  CHECK(late.status == 504);
  CHECK(problem(late) == Code::deadline_exceeded);
  CHECK(shop.lookups == 0);
  CHECK(shop.stored() == 0);
  CHECK(shop.place({{"X-Deadline-Ms", "soon"}}).status == 201);
}

TEST_CASE("the dual write stores the order even where its message is lost", "[protection]") {
  Shop shop;  // without any broker
  const Headers async = {{"Prefer", "respond-async"}};
  CHECK(shop.place(async).status == 202);
  test::must(shop.orders->policies.change({{"publish", "dual-write"}}));
  CHECK(shop.place(async).status == 500);
  CHECK(shop.stored() == 2);
}
