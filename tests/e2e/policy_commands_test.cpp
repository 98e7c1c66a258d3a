// Policies as a person changes them: what the commands say, and what a service takes.
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;

namespace {

struct Shop {
  Shop() { REQUIRE(lab.run({"up", "-d"}).exit_code == 0); }

  test::Outcome set(std::vector<std::string> words) const {
    words.insert(words.begin(), {"policy", "set"});
    return lab.run(words);
  }

  /// The order service's policy as `policy get` tells it.
  Json policy() const {
    const Json all = lab.run({"policy", "get", "order", "--json"}).json();
    REQUIRE(all.size() == 1);
    return all[0];
  }

  test::TestLab lab;
};

}  // namespace

TEST_CASE("a policy is set, told and taken back", "[e2e]") {
  const Shop shop;
  CHECK(shop.policy().at("preset") == "standard");
  const auto set = shop.set({"order", "deadline=200ms", "retries=3"});
  CHECK(set.exit_code == 0);
  CHECK(set.out.empty());
  CHECK(set.says("order: deadline 1s -> 200ms"));
  CHECK(set.says("order: retries 2 -> 3"));
  const Json changed = shop.policy();
  CHECK(changed.at("preset") == "custom");
  CHECK(changed.at("settings").at("deadline") == "200ms");
  CHECK(changed.at("settings").at("retries") == "3");
  CHECK(shop.set({"order", "deadline=200ms"}).says("nothing changed"));

  REQUIRE(shop.set({"order", "naive"}).says("order: deadline 200ms -> none"));
  CHECK(shop.policy().at("preset") == "naive");
  REQUIRE(shop.set({"order", "standard", "retries=0"}).exit_code == 0);
  CHECK(shop.policy().at("settings").at("retries") == "0");
  CHECK(shop.policy().at("settings").at("deadline") == "1s");

  // A policy is part of a process, as faults are.
  REQUIRE(shop.lab.run({"restart", "order"}).exit_code == 0);
  CHECK(shop.policy().at("preset") == "standard");
}

TEST_CASE("every service has a policy, and callers tell how their calls went", "[e2e]") {
  const Shop shop;
  REQUIRE(shop.lab.run({"order", "create", "--user", "1", "--item", "book"}).exit_code == 0);
  const Json all = shop.lab.run({"policy", "get", "--json"}).json();
  REQUIRE(all.size() == 4);
  for (const Json& policy : all) {
    CHECK(policy.at("settings").contains("threads"));
    CHECK(policy.at("calls").size() == (policy.at("service") == "order" ? 1 : 0));
  }
  const Json calls = shop.policy().at("calls").at(0);
  CHECK(calls.at("peer") == "user");
  CHECK(calls.at("breaker") == "closed");
  CHECK(calls.at("calls") == 1);
  CHECK(calls.at("attempts") == 1);

  REQUIRE(shop.lab.run({"stop", "user"}).exit_code == 0);
  const auto told = shop.lab.run({"policy", "get"});
  CHECK(told.exit_code == 0);
  CHECK(told.says("MEANING"));
  CHECK(told.says("note: user:"));
  CHECK(shop.lab.run({"policy", "get", "user"}).exit_code == 69);
}

TEST_CASE("a policy that cannot be is refused as a whole, with a word how it can", "[e2e]") {
  const Shop shop;
  const auto value = shop.set({"order", "naive", "retries=many"});
  CHECK(value.exit_code == 1);
  CHECK(value.says("retries"));
  CHECK(shop.policy().at("preset") == "standard");

  CHECK(shop.set({"ordr", "naive"}).says("did you mean 'order'?"));
  CHECK(shop.set({"order", "naiv"}).says("did you mean 'naive'?"));
  CHECK(shop.set({"order", "deadlne=1s"}).says("did you mean deadline?"));
  const auto callee = shop.set({"user", "deadline=1s"});
  CHECK(callee.exit_code == 1);
  CHECK(callee.says("set it for the order service"));
  CHECK(shop.set({"order"}).exit_code == 64);
  CHECK(shop.policy().at("preset") == "standard");
}

TEST_CASE("what is allowed and hardly meant is done with a note", "[e2e]") {
  const Shop shop;
  const auto hasty = shop.set({"order", "deadline=1ms"});
  CHECK(hasty.exit_code == 0);
  CHECK(hasty.says("note: "));
}
