// Orders as a person places them: the real program, its children, and what it prints.
#include <sys/resource.h>

#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

/// A running lab and a way to place orders in it.
struct Shop {
  Shop() { REQUIRE(lab.run({"up", "-d"}).exit_code == 0); }

  test::Outcome order(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"order", "create", "--user", "1", "--item", "book"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lab.run(arguments);
  }

  test::TestLab lab;
};

}  // namespace

TEST_CASE("without a lab a command says so and how to start one", "[e2e]") {
  const test::TestLab lab;
  const auto outcome = lab.run({"order", "create", "--user", "1", "--item", "book"});
  CHECK(outcome.exit_code == 69);
  CHECK(outcome.out.empty());
  CHECK(outcome.says("msdemo up"));
  const auto json = lab.run({"order", "list", "--json"});
  CHECK(json.exit_code == 69);
  CHECK(json.json().at("error").at("code") == "no-lab");
}

TEST_CASE("an order is placed and its whole way is drawn", "[e2e]") {
  const Shop shop;
  const auto outcome = shop.order();
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.says("order 1 confirmed"));
  for (const char* row : {"client  order create", "order     └ POST /orders",
                          "user        │ └ GET /users/{id}", "order       └ INSERT orders"}) {
    INFO(outcome.out);
    CHECK(outcome.out.find(row) != std::string::npos);
  }
  CHECK(outcome.out.find("missing") == std::string::npos);
  CHECK(outcome.out.find('\x1b') == std::string::npos);
}

TEST_CASE("the fixed JSON of an order and of its trace", "[e2e]") {
  const Shop shop;
  const Json placed = shop.order({"--json"}).json();
  CHECK(placed.at("http_status") == 201);
  CHECK(placed.at("order").at("username") == "Ada");
  CHECK(placed.at("elapsed_ms") > 0);
  const std::string trace_id = placed.at("trace_id");

  const auto shown = shop.lab.run({"trace", "show", trace_id, "--json"});
  REQUIRE(shown.exit_code == 0);
  const Json trace = shown.json();
  CHECK(trace.at("trace_id") == trace_id);
  REQUIRE(trace.at("spans").size() == 7);
  int roots = 0;
  for (const Json& span : trace.at("spans")) {
    roots += span.at("parent_span_id").is_null() ? 1 : 0;
    CHECK(span.at("span_id").get<std::string>().size() == 16);
    CHECK(span.at("start_unix_nano").is_number_integer());
    CHECK(span.at("end_unix_nano") >= span.at("start_unix_nano"));
    CHECK(span.at("status").at("code") == "unset");
    CHECK(span.at("attributes").is_object());
    CHECK(span.at("events").is_array());
  }
  CHECK(roots == 1);

  const Json many = shop.order({"--count", "3", "--json"}).json();
  REQUIRE(many.at("orders").size() == 3);
  CHECK(many.at("orders").at(2).at("order").at("id") == 4);
}

TEST_CASE("the same key places one order from the command line too", "[e2e]") {
  const Shop shop;
  const Json first = shop.order({"--idempotency-key", "k", "--json"}).json();
  const Json again = shop.order({"--idempotency-key", "k", "--json"}).json();
  CHECK(first.at("order") == again.at("order"));
  CHECK(shop.order({"--idempotency-key", "k", "--count", "2"}).exit_code == 64);
}

TEST_CASE("refusals tell what, why and what next, with their exit codes", "[e2e]") {
  const Shop shop;
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string says;
  };
  const std::vector<Case> cases = {
      {{"order", "create", "--user", "99", "--item", "x"}, 1, "user 99 does not exist"},
      {{"order", "create", "--user", "abc", "--item", "x"}, 64, "not a number: --user = abc"},
      {{"order", "create", "--user", "0", "--item", "x"}, 1, "user_id must be an integer"},
      {{"order", "create", "--user", "1", "--item", ""}, 1, "item_name must be text"},
      {{"order", "create", "--user", "1", "--item", "x", "--count", "0"}, 64, "--count"},
      {{"order", "create"}, 64, "--user"},
      {{"order", "get", "7"}, 1, "there is no order 7"},
      {{"order", "list", "--limit", "0"}, 1, "limit must be an integer from 1 to 1000"},
      {{"user", "get", "99"}, 1, "99"},
      {{"trace", "show", "xyz"}, 64, "32"},
      {{"trace", "show", "4bf92f3577b34da6a3ce929d0e0e4736"}, 1, "has no trace"},
      {{"ordr"}, 64, "did you mean `order`?"},
      {{"restrat", "order"}, 64, "did you mean `restart`?"},
      {{"order", "creat"}, 64, "did you mean `create`?"},
      {{"completion", "powershell"}, 64, "bash"},
  };
  for (const Case& each : cases) {
    const auto outcome = shop.lab.run(each.arguments);
    INFO(each.says << "\n" << outcome.out << outcome.err);
    CHECK(outcome.exit_code == each.exit_code);
    CHECK(outcome.says(each.says));
  }
  const Json error = shop.lab.run({"order", "get", "7", "--json"}).json().at("error");
  CHECK(error.at("code") == "order-not-found");
  CHECK(error.at("definite") == true);
  CHECK(error.at("http_status") == 404);
  CHECK(error.at("trace_id").get<std::string>().size() == 32);
  const auto usage = shop.order({"--count", "many", "--json"});
  CHECK(usage.exit_code == 64);
  CHECK(usage.json().at("error").at("code") == "usage");
  const auto mistyped = shop.order({"--dbb", "postgresql://shop:s3cret@127.0.0.1/shop"});
  CHECK(mistyped.exit_code == 64);
  CHECK(mistyped.err.find("shop:***@") != std::string::npos);
  CHECK(mistyped.err.find("s3cret") == std::string::npos);
}

TEST_CASE("a user service that is down is a definite no, and its way is drawn", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"stop", "user"}).exit_code == 0);
  const auto refused = shop.order();
  CHECK(refused.exit_code == 1);
  CHECK(refused.says("upstream-unavailable"));
  CHECK(refused.out.find("Connection refused") != std::string::npos);
  CHECK(refused.out.find("missing") == std::string::npos);
  REQUIRE(shop.lab.run({"start", "user"}).exit_code == 0);
  CHECK(shop.order().exit_code == 0);
  CHECK(shop.lab.run({"order", "list", "--json"}).json().at("orders").size() == 1);
}

TEST_CASE("an order service that is down is unreachable", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"stop", "order"}).exit_code == 0);
  CHECK(shop.order().exit_code == 69);
  CHECK(shop.order({"--json"}).json().at("error").at("definite") == true);
}

TEST_CASE("a full disk is 507 and leaves nothing behind; with room the service recovers", "[e2e]") {
  const Shop shop;
  const pid_t order = shop.lab.pid("order");
  // To the service, a file that may not grow is a disk without room: its writes fail or fall short.
  const rlimit no_room{1, RLIM_INFINITY};
  const rlimit room{RLIM_INFINITY, RLIM_INFINITY};
  REQUIRE(::prlimit(order, RLIMIT_FSIZE, &no_room, nullptr) == 0);
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto refused = shop.order({"--json"});
    CHECK(refused.exit_code == 1);
    CHECK(refused.json().at("error").at("http_status") == 507);
    CHECK(refused.json().at("error").at("definite") == true);
  }
  CHECK(shop.lab.run({"order", "list", "--json"}).json().at("orders").empty());
  REQUIRE(::prlimit(order, RLIMIT_FSIZE, &room, nullptr) == 0);
  CHECK(shop.order().exit_code == 0);
  CHECK(shop.lab.run({"order", "list", "--json"}).json().at("orders").size() == 1);
  CHECK(shop.lab.service("order").at("restarts") == 0);
}

TEST_CASE("control characters are shown, never obeyed", "[e2e]") {
  const Shop shop;
  const auto placed = shop.lab.run({"order", "create", "--user", "1", "--item", "\x1b[2Jbook"});
  CHECK(placed.exit_code == 0);
  CHECK(placed.says("\\x1b[2Jbook"));
  const auto listed = shop.lab.run({"order", "list"});
  CHECK(listed.out.find('\x1b') == std::string::npos);
  CHECK(shop.lab.run({"order", "list", "--json"}).json().at("orders").at(0).at("item_name") ==
        "\x1b[2Jbook");
}

TEST_CASE("the program tells its version and completes its commands", "[e2e]") {
  const test::TestLab lab;
  CHECK(lab.run({"--version"}).out == "msdemo " MSDEMO_VERSION "\n");
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = lab.run({"completion", shell});
    CHECK(script.exit_code == 0);
    CHECK(script.says("order create"));
    CHECK(script.says("--idempotency-key"));
  }
  const auto help = lab.run({"order", "create", "--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("Example:\n  msdemo order create") < help.out.find("--user"));
}
