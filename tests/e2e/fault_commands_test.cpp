// Faults as a person adds, watches and clears them.
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

struct Shop {
  Shop() { REQUIRE(lab.run({"up", "-d"}).exit_code == 0); }

  test::Outcome fault(std::vector<std::string> more) const {
    more.insert(more.begin(), "fault");
    return lab.run(more);
  }
  test::Outcome get_user() const { return lab.run({"user", "get", "1"}); }
  Json faults() const { return fault({"list", "--json"}).json(); }

  test::TestLab lab;
};

}  // namespace

TEST_CASE("a fault hits exactly what it was told to, and the list proves it", "[e2e]") {
  const Shop shop;
  const auto added =
      shop.fault({"add", "user", "error=503", "--nth", "1,3", "--route", "/users/{id}"});
  INFO(added.err);
  REQUIRE(added.exit_code == 0);
  CHECK(added.says("user has error=503, nth 1,3 at /users/{id}"));
  CHECK(shop.fault({"list"}).says("none: met nothing"));
  const auto refused = shop.get_user();
  CHECK(refused.exit_code == 1);
  CHECK(refused.says("fault 1 (error=503, nth 1,3): answers 503 instead of working"));
  CHECK(shop.get_user().exit_code == 0);
  CHECK(shop.get_user().exit_code == 1);
  CHECK(shop.get_user().exit_code == 0);
  CHECK(shop.fault({"list"}).says("2 of 4"));
  const Json listed = shop.faults();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0] == Json({{"id", 1},
                           {"service", "user"},
                           {"kind", "error"},
                           {"value", "503"},
                           {"route", "/users/{id}"},
                           {"nth", {1, 3}},
                           {"hits", 2},
                           {"met", 4},
                           {"over", true}}));
}

TEST_CASE("several faults are added together or not at all", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.fault({"add", "user", "latency=1ms", "jitter=1ms", "error=500", "--percent", "20",
                      "--seed", "7"})
              .exit_code == 0);
  REQUIRE(shop.faults().size() == 2);
  CHECK(shop.faults()[0].at("jitter") == "1ms");
  // The service refuses the second, and the first is as it was.
  const auto refused =
      shop.fault({"add", "user", "latency=5ms", "nack=retry", "--route", "POST /users"});
  CHECK(refused.exit_code == 1);
  CHECK(shop.faults().size() == 2);
  const auto changed = shop.fault({"add", "user", "latency=9ms", "disk=full", "crash=nowhere"});
  CHECK(changed.exit_code == 1);
  CHECK(shop.faults()[0].at("value") == "1ms");
  const auto twice = shop.fault({"add", "broker", "latency=9ms", "nack=retry"});
  CHECK(twice.says("this service consumes none"));
  CHECK(shop.faults().size() == 2);
  CHECK(shop.fault({"clear", "user"}).says("2 cleared"));
}

TEST_CASE("what is mistyped gets a suggestion", "[e2e]") {
  const Shop shop;
  const auto kind = shop.fault({"add", "user", "latancy=1s"});
  CHECK(kind.exit_code == 64);
  CHECK(kind.says("did you mean 'latency'?"));
  const auto service = shop.fault({"add", "usr", "latency=1s"});
  CHECK(service.exit_code == 64);
  CHECK(service.says("did you mean 'user'?"));
  const auto option = shop.fault({"add", "user", "nth=3"});
  CHECK(option.exit_code == 64);
  CHECK(option.says("--nth 3"));
  const auto route = shop.fault({"add", "user", "error=500", "--route", "/user"});
  CHECK(route.exit_code == 1);
  CHECK(route.says("did you mean /users?"));
  const auto percent = shop.fault({"add", "user", "error=500", "--percent", "101"});
  CHECK(percent.exit_code == 1);
  CHECK(percent.says("over 0 and at most 100"));
  CHECK(shop.faults().empty());
}

TEST_CASE("a crash comes at its step, and the restarted service has no faults", "[e2e]") {
  const Shop shop;
  const pid_t before = shop.lab.pid("user");
  REQUIRE(shop.fault({"add", "user", "crash=before-ack", "--nth", "2"}).exit_code == 0);
  for (int i = 0; i < 2; ++i) {
    const auto placed = shop.lab.run(
        {"order", "create", "--user", "1", "--item", "book", "--async", "--wait", "--no-timeline"});
    CHECK(placed.says("confirmed"));
  }
  CHECK(shop.lab.next_pid("user", before) != 0);
  CHECK(shop.lab.run({"logs", "user"}).says("crash=before-ack, nth 2): kills the process"));
  CHECK(shop.faults().empty());
}

TEST_CASE("compare leaves other faults alone and puts its own back", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.fault({"add", "user", "latency=2ms", "--first", "100"}).exit_code == 0);
  REQUIRE(shop.fault({"add", "user", "error=500", "--route", "POST /users"}).exit_code == 0);
  const Json before = shop.faults();
  REQUIRE(shop.lab.run({"compare", "--orders", "1", "--user-latency", "30ms"}).exit_code == 0);
  Json after = shop.faults();
  REQUIRE(after.size() == 2);
  CHECK(after[0].at("value") == "2ms");
  CHECK(after[0].at("first") == 100);
  CHECK(after[1] == before[1]);
}
