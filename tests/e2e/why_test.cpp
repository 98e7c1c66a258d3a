// `why` in a real lab: the rules of policies and faults, orders that no rule interfered with, and
// what there is to say when there is nothing to tell.
#include <poll.h>

#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;

namespace {

struct Shop {
  Shop() { REQUIRE(lab.run({"up", "-d"}).exit_code == 0); }

  Json order(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"order",  "create", "--user", "1",
                                          "--item", "book",   "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lab.run(arguments).json();
  }

  /// As curl would, with a traceparent that says not to sample.
  void order_untraced() const {
    const std::string body = R"({"user_id":1,"item_name":"book"})";
    const auto socket = http::connect_to("127.0.0.1", lab.port("order"),
                                         real_clock().steady_now() + std::chrono::seconds(5));
    REQUIRE(socket);
    const std::string request =
        "POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n"
        "Connection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    const auto deadline = real_clock().steady_now() + std::chrono::seconds(5);
    REQUIRE(http::send_all(socket->get(), request, deadline));
    REQUIRE(http::wait_for(socket->get(), POLLIN, deadline));
  }

  test::TestLab lab;
};

}  // namespace

TEST_CASE("an order that no rule interfered with is explained by what was measured", "[e2e]") {
  const Shop shop;
  const Json placed = shop.order();
  const std::string trace_id = placed.at("trace_id");
  for (const std::string& asked : {std::string("1"), trace_id}) {
    const auto told = shop.lab.run({"why", asked});
    INFO(told.out << told.err);
    CHECK(told.exit_code == 0);
    CHECK(told.says("order 1, HTTP 201 after "));
    CHECK(told.says("no rule interfered, user answered in "));
    CHECK(told.says("the order was stored in "));
    CHECK(told.says("msdemo trace show " + trace_id));
  }
  const Json told = shop.lab.run({"why", "1", "--json"}).json();
  CHECK(told.at("trace_id") == trace_id);
  CHECK(told.at("order_id") == 1);
  CHECK(told.at("decisions").empty());
  REQUIRE(told.at("attempts").size() == 2);
  CHECK(told.at("attempts").at(1) == Json{{"service", "order"},
                                          {"peer", "user"},
                                          {"name", "GET /users/{id}"},
                                          {"attempts", 1},
                                          {"failed", 0}});
}

TEST_CASE("orders by message are explained to their end", "[e2e]") {
  const Shop shop;
  shop.order({"--async", "--wait"});
  const auto told = shop.lab.run({"why", "1"});
  INFO(told.out << told.err);
  CHECK(told.says("order 1, HTTP 202 after "));
  CHECK(told.says(", confirmed after "));
  CHECK(told.says("user.lookup.requested to user: "));

  REQUIRE(shop.lab
              .run({"order", "create", "--user", "99", "--item", "x", "--async", "--wait",
                    "--no-timeline"})
              .says("msdemo why 2"));
  const auto rejected = shop.lab.run({"why", "2"});
  INFO(rejected.out << rejected.err);
  CHECK(rejected.exit_code == 0);
  CHECK(rejected.says(", rejected after "));
  CHECK(rejected.says(": user 99 does not exist"));
}

TEST_CASE("an order that failed names what explains it", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"stop", "user"}).exit_code == 0);
  const Json failed = shop.order();
  const std::string trace_id = failed.at("error").at("trace_id");
  CHECK(failed.at("error").at("hint").get<std::string>().find("msdemo why " + trace_id) !=
        std::string::npos);
  const auto told = shop.lab.run({"why", trace_id});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  CHECK(told.says("no order, HTTP 503 after "));
  CHECK(told.says("unreachable after "));
}

TEST_CASE("the rules that decided are told by the order and by the timeline", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"fault", "add", "user", "error=500", "--nth", "1,2"}).exit_code == 0);
  const auto placed = shop.lab.run({"order", "create", "--user", "1", "--item", "book"});
  INFO(placed.out << placed.err);
  CHECK(placed.exit_code == 0);
  CHECK(placed.says("why:\n  1 "));
  CHECK(placed.says("retry 2 of 2 after "));

  const Json told = shop.lab.run({"why", "1", "--json"}).json();
  const std::string headline = told.at("headline");
  INFO(headline);
  CHECK(headline.starts_with("order 1, HTTP 201 after "));
  CHECK(headline.find(": retry 2 of 2 after ") != std::string::npos);
  CHECK(told.at("attempts").at(1).at("attempts") == 3);
  CHECK(told.at("attempts").at(1).at("failed") == 2);
  std::vector<std::string> names;
  double last_ms = 0;
  for (const Json& decision : told.at("decisions")) {
    if (decision.at("name") != "policy.breaker") names.push_back(decision.at("name"));
    CHECK(decision.at("at_ms") >= last_ms);
    last_ms = decision.at("at_ms");
  }
  CHECK(names ==
        std::vector<std::string>{"fault.error", "policy.retry", "fault.error", "policy.retry"});
}

TEST_CASE("a deadline, a full disk and a refused message are each the reason", "[e2e]") {
  const Shop shop;
  const auto run = [&](std::vector<std::string> arguments) {
    REQUIRE(shop.lab.run(arguments).exit_code == 0);
  };
  const auto why = [&](const std::string& asked) {
    const std::string headline = shop.lab.run({"why", asked, "--json"}).json().at("headline");
    return headline;
  };
  const auto why_refused = [&] { return why(shop.order().at("error").at("trace_id")); };

  run({"policy", "set", "order", "deadline=200ms"});
  run({"fault", "add", "user", "latency=1s"});
  const std::string late = why_refused();
  INFO(late);
  CHECK(late.starts_with("no order, HTTP 504 after "));
  CHECK(late.find(" ms deadline, user ") != std::string::npos);
  run({"fault", "clear", "user"});

  run({"fault", "add", "order", "disk=full"});
  const std::string full = why_refused();
  INFO(full);
  CHECK(full.starts_with("no order, HTTP 507 after "));
  CHECK(full.find("disk=full") != std::string::npos);
  run({"fault", "clear", "order"});

  run({"fault", "add", "user", "nack=dead", "--route", "user.lookup.requested"});
  const Json failed = shop.order({"--async", "--wait"});
  const std::string dead = why(std::to_string(failed.at("order").at("id").get<int>()));
  INFO(dead);
  CHECK(dead.find(", failed after ") != std::string::npos);
  CHECK(dead.find("became a dead letter after 1 attempt: ") != std::string::npos);
}

TEST_CASE("why says what is missing and what to do", "[e2e]") {
  const Shop shop;
  const auto unknown = shop.lab.run({"why", "7"});
  CHECK(unknown.exit_code == 1);
  CHECK(unknown.says("there is no order 7"));
  CHECK(unknown.says("an order that was refused has no id"));
  CHECK(shop.lab.run({"why", "7", "--json"}).json().at("error").at("code") == "order-not-found");

  shop.order_untraced();
  const auto untraced = shop.lab.run({"why", "1"});
  INFO(untraced.out << untraced.err);
  CHECK(untraced.exit_code == 1);
  CHECK(untraced.says("order 1 exists, but has no trace: it was not sampled"));
  CHECK(untraced.says("msdemo order create"));

  CHECK(shop.lab.run({"why", "4bf92f3577b34da6a3ce929d0e0e4736"}).exit_code == 1);
  for (const char* bad : {"seven", "0", "-1", "4BF92F3577B34DA6A3CE929D0E0E4736"}) {
    const auto refused = shop.lab.run({"why", bad});
    INFO(bad << refused.out << refused.err);
    CHECK(refused.exit_code == 64);
  }
}
