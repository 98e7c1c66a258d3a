// Several processes of a service on a PostgreSQL and a RabbitMQ that they share: they are used in
// turn, and restarting them one after another under load loses and refuses nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "contract/engine_url.hpp"
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

namespace msdemo {

namespace {

using test::Outcome;

/// The engines' URLs, with a place of this test's own at each.
struct Engines {
  std::string database;
  std::string broker;
};

std::optional<Engines> engines() {
  const auto database = test::engine_url("MSDEMO_TEST_POSTGRES");
  const auto broker = test::engine_url("MSDEMO_TEST_RABBITMQ");
  if (!database || !broker) return std::nullopt;
  return Engines{test::own_place(*database, "replicas"), test::own_place(*broker, "replicas")};
}

/// A lab of three order and two user services.
struct ReplicatedShop {
  explicit ReplicatedShop(const Engines& engines) {
    const Outcome up = lab.run({"up", "-d", "--db", engines.database, "--broker", engines.broker,
                                "--replicas", "order=3,user=2", "--json"});
    INFO(up.err << up.out);
    REQUIRE(up.exit_code == 0);
    started = up.json();
  }

  std::vector<Json> replicas(const std::string& service) const {
    std::vector<Json> found;
    for (const Json& line : lab.run({"ps", "--json"}).json()) {
      if (line.at("service") == service) found.push_back(line);
    }
    return found;
  }
  std::set<pid_t> pids(const std::string& service) const {
    std::set<pid_t> all;
    for (const Json& replica : replicas(service)) all.insert(replica.at("pid").get<pid_t>());
    return all;
  }

  test::TestLab lab;
  Json started;
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The password in `postgresql://user:password@…`; empty without one.
std::string password_of(const std::string& url) {
  const auto at = url.rfind('@');
  const auto colon = url.find(':', url.find("//") + 2);
  return at == url.npos || colon > at ? "" : url.substr(colon + 1, at - colon - 1);
}

}  // namespace

TEST_CASE("replicas run side by side, and clients use them in turn", "[replicas]") {
  const auto urls = engines();
  if (!urls) return;
  const ReplicatedShop shop(*urls);
  CHECK(shop.pids("order").size() == 3);
  CHECK(shop.pids("user").size() == 2);
  CHECK(shop.replicas("broker").empty());
  CHECK(shop.replicas("order").at(1).at("replica") == 2);
  CHECK(shop.lab.run({"ps"}).says("order-3"));

  const Json sync =
      shop.lab.run({"order", "create", "--user", "1", "--item", "book", "--count", "6", "--json"})
          .json();
  CHECK(sync.at("orders").size() == 6);
  const Json async = shop.lab
                         .run({"order", "create", "--user", "1", "--item", "book", "--async",
                               "--wait", "--count", "6", "--json"})
                         .json();
  for (const Json& order : async.at("orders")) {
    CHECK(order.at("order").at("status") == "confirmed");
  }
  CHECK(shop.lab.run({"queue", "list"}).exit_code == 0);
  CHECK(shop.lab.run({"watch", "--count", "2", "--interval", "100ms", "--json"}).exit_code == 0);
}

TEST_CASE("one replica can be killed, and faults go to one or to all", "[replicas]") {
  const auto urls = engines();
  if (!urls) return;
  const ReplicatedShop shop(*urls);
  const auto before = shop.pids("order");
  REQUIRE(shop.lab.run({"kill", "order-2"}).exit_code == 0);
  REQUIRE(test::eventually([&] {
    const auto now = shop.replicas("order");
    return now.at(1).at("state") == "ready" && !before.contains(now.at(1).at("pid").get<pid_t>());
  }));
  CHECK(shop.replicas("order").at(0).at("restarts") == 0);

  REQUIRE(shop.lab.run({"fault", "add", "order-3", "latency=1ms"}).exit_code == 0);
  CHECK(shop.lab.run({"fault", "list", "--json"}).json().size() == 1);
  REQUIRE(shop.lab.run({"fault", "add", "user", "latency=1ms"}).exit_code == 0);
  CHECK(shop.lab.run({"fault", "list", "--json"}).json().size() == 3);
  REQUIRE(shop.lab.run({"policy", "set", "order", "retries=1"}).exit_code == 0);
  const auto unknown = shop.lab.run({"kill", "order-4"});
  CHECK(unknown.exit_code == 64);
  CHECK(unknown.says("order-1, order-2, order-3"));
}

TEST_CASE("a rolling restart under load loses and refuses nothing", "[replicas]") {
  const auto urls = engines();
  if (!urls) return;
  const ReplicatedShop shop(*urls);
  const auto before = shop.pids("order");
  test::RunningProgram load({"order", "create", "--user", "1", "--item", "book", "--rate", "100",
                             "--count", "1500", "--json"},
                            shop.lab.environment());
  for (const char* service : {"order", "user", "order"}) {
    const Outcome restarted = shop.lab.run({"restart", service});
    INFO(restarted.err);
    CHECK(restarted.exit_code == 0);
  }
  const Outcome loaded = load.finish(std::chrono::seconds(60));
  INFO(loaded.out << loaded.err);
  CHECK(loaded.exit_code == 0);
  CHECK(loaded.json().at("confirmed") == 1500);
  CHECK(loaded.json().at("failed") == 0);
  for (const pid_t pid : shop.pids("order")) CHECK_FALSE(before.contains(pid));
}

TEST_CASE("the exercise about replicas is right only when all were restarted and then used",
          "[replicas]") {
  const auto urls = engines();
  if (!urls) return;
  const ReplicatedShop shop(*urls);
  const std::vector<std::string> check = {"tutorial", "check", "9", "--answer", "51"};
  const std::vector<std::string> place = {"order", "create", "--user", "1",       "--item",
                                          "book",  "--rate", "100",    "--count", "180"};
  REQUIRE(shop.lab.run(place).exit_code == 0);
  const Outcome before = shop.lab.run(check);
  CHECK(before.exit_code == 1);
  CHECK(before.says("0 of 3 order services were started again"));
  REQUIRE(shop.lab.run({"restart", "order"}).exit_code == 0);
  CHECK(shop.lab.run(check).says("has placed 0 orders since"));
  REQUIRE(shop.lab.run(place).exit_code == 0);
  CHECK(shop.lab.run({"tutorial", "check", "9"}).exit_code == 2);
  CHECK(shop.lab.run({"tutorial", "check", "9", "--answer", "48"}).says("too low"));
  const Outcome right = shop.lab.run(check);
  INFO(right.out << right.err);
  CHECK(right.exit_code == 0);
}

TEST_CASE("the engines' passwords are nowhere that others can read", "[replicas]") {
  const auto urls = engines();
  if (!urls) return;
  const ReplicatedShop shop(*urls);
  std::string public_text = dump_json(shop.started) + shop.lab.run({"ps"}).out;
  for (const pid_t pid : shop.lab.processes()) {
    public_text += text_of(fmt::format("/proc/{}/cmdline", pid));
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shop.lab.folder())) {
    if (!entry.is_regular_file() || entry.path().filename() == "broker-url") continue;
    public_text += text_of(entry.path());
  }
  for (const std::string& url : {urls->database, urls->broker}) {
    const std::string password = password_of(url);
    if (!password.empty()) CHECK(public_text.find(password) == std::string::npos);
  }
  const auto secret = shop.lab.folder() / "broker-url";
  CHECK(text_of(secret) == urls->broker);
  CHECK((std::filesystem::status(secret).permissions() & std::filesystem::perms(077)) ==
        std::filesystem::perms::none);
}

}  // namespace msdemo
