// Orders by message as a person places them: what the commands print while everything is well,
// while a service is away, and after something went wrong.
#include "messaging/embedded_broker.hpp"
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"
#include "support/must.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

struct Shop {
  explicit Shop(const std::vector<std::string>& more = {}) {
    std::vector<std::string> up = {"up", "-d"};
    up.insert(up.end(), more.begin(), more.end());
    REQUIRE(lab.run(up).exit_code == 0);
  }

  test::Outcome order(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"order", "create", "--item", "book"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lab.run(arguments);
  }

  /// The queue of the lookups as `queue list` tells it.
  Json lookups() const {
    const Json listed = lab.run({"queue", "list", "--json"}).json();
    for (const Json& queue : listed.at("queues")) {
      if (queue.at("topic") == "user.lookup.requested") return queue;
    }
    return Json::object();
  }

  test::TestLab lab;
};

}  // namespace

TEST_CASE("an order by message is accepted, awaited and drawn to its receipt", "[e2e]") {
  const Shop shop;
  const auto outcome = shop.order({"--user", "1", "--async", "--wait"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.says("order 1 pending"));
  CHECK(outcome.says("HTTP 202"));
  CHECK(outcome.says("order 1 confirmed"));
  for (const char* row :
       {"publish user.lookup.requested", "→ queue user.lookup.requested",
        "→ process user.lookup.requested", "→ queue user.lookup.replied", "→ queue order.confirmed",
        "notify          → process order.confirmed", "in the queue"}) {
    CHECK(outcome.out.find(row) != std::string::npos);
  }
  CHECK_FALSE(outcome.says("missing"));

  const Json placed = shop.order({"--user", "1", "--async", "--wait", "--json"}).json();
  CHECK(placed.at("http_status") == 202);
  CHECK(placed.at("order").at("status") == "confirmed");
  CHECK(placed.at("completed_ms") >= placed.at("elapsed_ms"));
  const Json shown =
      shop.lab.run({"trace", "show", placed.at("trace_id"), "--json"}).json().at("spans");
  std::map<std::string, int> kinds;
  for (const Json& span : shown) ++kinds[span.at("kind")];
  CHECK(kinds["producer"] == 3);
  CHECK(kinds["consumer"] == 3);

  const Json pending = shop.order({"--user", "1", "--async", "--json"}).json();
  CHECK_FALSE(pending.contains("completed_ms"));
  const auto rejected = shop.order({"--user", "77", "--async", "--wait"});
  CHECK(rejected.exit_code == 1);
  CHECK(rejected.says("user 77 does not exist"));
}

TEST_CASE("while the user service is away, messages wait and can be looked at", "[e2e]") {
  const Shop shop;
  // A service is ready before it consumes; once an order is through, every group is there.
  REQUIRE(shop.order({"--user", "1", "--async", "--wait"}).exit_code == 0);
  REQUIRE(shop.lab.run({"stop", "user"}).exit_code == 0);
  CHECK(shop.order({"--user", "1", "--no-timeline"}).exit_code == 1);
  REQUIRE(shop.order({"--user", "1", "--async", "--count", "5"}).exit_code == 0);
  REQUIRE(test::eventually([&] { return shop.lookups().value("ready", 0) == 5; }));
  const auto listed = shop.lab.run({"queue", "list"});
  CHECK(listed.says("user.lookup.requested"));
  const auto peeked = shop.lab.run({"queue", "peek", "user.lookup.requested", "--limit", "2"});
  CHECK(peeked.says("\"order_id\": 2"));
  CHECK(peeked.says("\"order_id\": 3"));
  CHECK_FALSE(peeked.says("\"order_id\": 4"));
  CHECK(shop.lookups().at("ready") == 5);
  CHECK(shop.lab.run({"queue", "peek", "nowhere"}).exit_code == 1);

  REQUIRE(shop.lab.run({"start", "user"}).exit_code == 0);
  const auto got = shop.lab.run({"order", "get", "6", "--wait"});
  CHECK(got.exit_code == 0);
  CHECK(got.says("confirmed"));
}

TEST_CASE("orders are accepted without a broker, and complete when it is back", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"stop", "broker"}).exit_code == 0);
  REQUIRE(shop.order({"--user", "1", "--async", "--no-timeline"}).exit_code == 0);
  const auto nothing = shop.lab.run({"queue", "list"});
  CHECK(nothing.exit_code == 69);
  REQUIRE(shop.lab.run({"start", "broker"}).exit_code == 0);
  CHECK(shop.lab.run({"order", "get", "1", "--wait"}).says("confirmed"));
}

TEST_CASE("dead letters are shown, redriven, and missed when they are not there", "[e2e]") {
  const Shop shop;
  messaging::EmbeddedBroker broker(shop.lab.service("broker").at("url"));
  const messaging::Message broken{"user.lookup.requested", "k", "no event\x1b[2J"};
  REQUIRE(broker.publish(std::span(&broken, 1)));
  REQUIRE(test::eventually([&] { return shop.lookups().value("dead", 0) == 1; }));
  const auto listed = shop.lab.run({"queue", "dead", "list"});
  CHECK(listed.says("not a CloudEvents 1.0 event"));
  const auto shown = shop.lab.run({"queue", "dead", "show", "1"});
  CHECK(shown.says("no event\\x1b[2J"));
  CHECK(shown.out.find('\x1b') == std::string::npos);
  CHECK(shop.lab.run({"queue", "dead", "redrive", "1", "--json"}).json().at("redriven") ==
        Json::array({1}));
  CHECK(shop.lab.run({"queue", "dead", "redrive", "999"}).exit_code == 1);
}

TEST_CASE("compare puts both ways side by side, and takes its latency back", "[e2e]") {
  const Shop shop;
  const auto outcome =
      shop.lab.run({"compare", "--orders", "3", "--user-latency", "60ms", "--json"});
  REQUIRE(outcome.exit_code == 0);
  const Json compared = outcome.json();
  REQUIRE(compared.at("orders").size() == 6);
  for (const Json& order : compared.at("orders")) {
    INFO(order.dump());
    const bool sync = order.at("style") == "sync";
    CHECK(order.at("status") == "confirmed");
    CHECK(order.at("http_status") == (sync ? 201 : 202));
    CHECK(order.at("completed_ms") >= 60);
    if (sync) CHECK(order.at("response_ms") >= 60);
  }
  // By message the slow lookups are nobody's wait: the fastest answer shows it on any machine.
  double fastest = 1e9;
  for (const Json& order : compared.at("orders")) {
    if (order.at("style") == "async") fastest = std::min<double>(fastest, order.at("response_ms"));
  }
  CHECK(fastest < 60);
  CHECK(shop.lab.run({"fault", "list", "--json"}).json().empty());

  const auto drawn = shop.lab.run({"compare", "--orders", "2"});
  CHECK(drawn.says("caller free"));
  CHECK(drawn.says("work done"));
  CHECK(drawn.says("caller's thread-time"));
}

TEST_CASE("a latency is added, counts its hits and is cleared", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"fault", "add", "user", "latency=1ms"}).exit_code == 0);
  REQUIRE(shop.order({"--user", "1", "--async", "--wait", "--no-timeline"}).exit_code == 0);
  REQUIRE(shop.order({"--user", "1", "--no-timeline"}).exit_code == 0);
  const Json faults = shop.lab.run({"fault", "list", "--json"}).json();
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].at("service") == "user");
  CHECK(faults[0].at("kind") == "latency");
  CHECK(faults[0].at("value") == "1ms");
  CHECK(faults[0].at("hits") == 2);
  CHECK(shop.lab.run({"fault", "add", "user", "latency=soon"}).exit_code == 1);
  CHECK(shop.lab.run({"fault", "add", "nobody", "latency=1ms"}).exit_code == 64);
  REQUIRE(shop.lab.run({"fault", "clear"}).exit_code == 0);
  CHECK(shop.lab.run({"fault", "list", "--json"}).json().empty());
}

TEST_CASE("several consumers of one service share the work", "[e2e]") {
  const Shop shop({"--consumers", "user=4"});
  REQUIRE(shop.lab.run({"fault", "add", "user", "latency=300ms"}).exit_code == 0);
  const Json placed =
      shop.order({"--user", "1", "--async", "--wait", "--count", "4", "--json"}).json();
  // One after the other, the last would take four times the latency.
  for (const Json& order : placed.at("orders")) CHECK(order.at("completed_ms") < 1200);
}

TEST_CASE("what --consumers and --replicas cannot do is refused with a word why", "[e2e]") {
  const test::TestLab lab;
  const auto consumers = lab.run({"up", "-d", "--consumers", "broker=2"});
  CHECK(consumers.exit_code == 64);
  CHECK(consumers.says("consumes no messages"));
  const auto replicas = lab.run({"up", "-d", "--replicas", "order=2"});
  CHECK(replicas.exit_code == 64);
  CHECK(replicas.says("--db and --broker"));
  CHECK(replicas.says("--consumers"));
  const auto fresh = lab.run({"up", "-d", "--fresh", "--db", "postgresql://shop:secret@db/shop"});
  CHECK(fresh.exit_code == 64);
  CHECK(fresh.says("DROP SCHEMA"));
  CHECK_FALSE(fresh.says("secret"));
  CHECK(lab.processes().empty());
}
