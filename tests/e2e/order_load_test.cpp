// `order create --rate`: orders that do not wait for one another.
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

struct Shop {
  /// Without deadlines: on a busy machine an order may take its time.
  Shop() {
    REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
    REQUIRE(lab.run({"policy", "set", "order", "naive"}).exit_code == 0);
  }

  test::Outcome load(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"order", "create", "--user", "1", "--item", "book"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lab.run(arguments);
  }

  test::TestLab lab;
};

}  // namespace

TEST_CASE("orders at a rate are counted second by second", "[e2e]") {
  const Shop shop;
  const auto outcome = shop.load({"--rate", "50", "--count", "75"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.says("     1       50"));
  CHECK(outcome.says("     2       25"));
  CHECK(outcome.says("goodput: 100 % (75 of 75 orders confirmed), last 5 s: 100 %"));

  const Json document = shop.load({"--rate", "50", "--count", "75", "--json"}).json();
  CHECK(document.at("rate_per_s") == 50);
  CHECK(document.at("confirmed") == 75);
  CHECK(document.at("failed") == 0);
  CHECK(document.at("failures").empty());
  CHECK(document.at("goodput_percent") == 100);
  CHECK(document.at("attempts_per_order") == 1);
  std::size_t started = 0;
  for (const Json& second : document.at("seconds")) {
    started += second.at("started").get<std::size_t>();
  }
  CHECK(started == 75);
  // Nobody asked for traces; services sample a few by themselves.
  for (const Json& trace : shop.lab.run({"trace", "list", "--json"}).json()) {
    CHECK(trace.at("service") != "client");
  }
}

TEST_CASE("a slow answer does not hold up the next orders", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"fault", "add", "user", "latency=300ms"}).exit_code == 0);
  // One after the other, these would take twelve seconds.
  const SteadyTime began = real_clock().steady_now();
  const auto outcome = shop.load({"--rate", "40", "--count", "40"});
  CHECK(real_clock().steady_now() - began < 8s);
  CHECK(outcome.exit_code == 0);
  const Json seconds = shop.load({"--rate", "40", "--count", "40", "--json"}).json().at("seconds");
  for (const Json& second : seconds) {
    if (!second.at("p50_ms").is_null()) CHECK(second.at("p50_ms") >= 300);
  }
}

TEST_CASE("orders that fail are counted by name, and their status is the exit status", "[e2e]") {
  const Shop shop;
  const auto unknown = shop.lab.run(
      {"order", "create", "--user", "77", "--item", "book", "--rate", "50", "--count", "10"});
  INFO(unknown.out << unknown.err);
  CHECK(unknown.exit_code == 1);
  CHECK(unknown.says("mostly user-not-found"));
  CHECK(unknown.says("goodput: 0 % (0 of 10 orders confirmed)"));
  CHECK(unknown.says("failed: 10 user-not-found (definite"));

  REQUIRE(shop.lab.run({"stop", "user"}).exit_code == 0);
  const auto accepted = shop.load({"--rate", "50", "--count", "10", "--async"});
  CHECK(accepted.exit_code == 0);
  CHECK(accepted.says("(10 of 10 orders accepted)"));
  CHECK_FALSE(accepted.says("attempts per order"));
  REQUIRE(shop.lab.run({"stop", "order"}).exit_code == 0);
  CHECK(shop.load({"--rate", "50", "--count", "10"}).exit_code == 69);
}

TEST_CASE("what a rate cannot be combined with is refused", "[e2e]") {
  const test::TestLab lab;
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"order", "create", "--user", "1", "--item", "book"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lab.run(arguments).exit_code;
  };
  CHECK(run({"--rate", "10", "--wait"}) == 64);
  CHECK(run({"--rate", "10", "--timeline"}) == 64);
  CHECK(run({"--rate", "10", "--idempotency-key", "k"}) == 64);
  CHECK(run({"--rate", "0"}) == 64);
  CHECK(run({"--rate", "10001"}) == 64);
}
