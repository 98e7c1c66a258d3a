#include "resilience/policies.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using resilience::Policies;
using resilience::Role;

namespace {

std::string value_of(const Policies& policies, std::string_view key) {
  const auto settings = policies.settings();
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const auto& setting) { return setting.key == key; });
  return found == settings.end() ? "(no such key)" : found->value;
}

}  // namespace

TEST_CASE("the standard is what the docs promise", "[policy]") {
  const Policies policies(Role::caller);
  CHECK(policies.preset() == "standard");
  const std::pair<const char*, const char*> promised[] = {
      {"deadline", "1s"},        {"attempt-timeout", "none"}, {"retries", "2"},
      {"budget", "20%"},         {"breaker", "on"},           {"breaker-window", "20"},
      {"breaker-minimum", "10"}, {"breaker-failures", "50%"}, {"breaker-slow", "none"},
      {"breaker-open", "5s"},    {"breaker-probes", "5"},     {"bulkhead", "256"},
      {"fallback", "off"},       {"publish", "outbox"},       {"threads", "256"},
      {"shedding", "on"}};
  CHECK(policies.settings().size() == std::size(promised));
  for (const auto& [key, value] : promised) CHECK(value_of(policies, key) == value);
}

TEST_CASE("every value a policy shows is one it reads", "[policy]") {
  for (const char* preset : {"naive", "standard"}) {
    Policies policies(Role::caller);
    REQUIRE(policies.change({{"preset", preset}}).has_value());
    for (const auto& setting : policies.settings()) {
      const bool of_breaker = setting.key.starts_with("breaker-");
      if (of_breaker && value_of(policies, "breaker") == "off") continue;
      INFO(setting.key << "=" << setting.value);
      CHECK(policies.change({{std::string(setting.key), setting.value}}).has_value());
      CHECK(value_of(policies, setting.key) == setting.value);
      CHECK(policies.preset() == preset);
    }
  }
}

TEST_CASE("a change is the preset first, then the keys, and all or nothing", "[policy]") {
  Policies policies(Role::caller);
  REQUIRE(policies.change({{"deadline", "200ms"}, {"preset", "naive"}}).has_value());
  CHECK(value_of(policies, "deadline") == "200ms");
  CHECK(value_of(policies, "breaker") == "off");
  CHECK(policies.preset() == "custom");
  CHECK_FALSE(policies.change({{"retries", "5"}, {"budget", "120%"}}).has_value());
  CHECK(value_of(policies, "retries") == "0");
  REQUIRE(policies.change({{"preset", "standard"}}).has_value());
  CHECK(policies.preset() == "standard");
}

TEST_CASE("what breaks a rule is told with the key, the rule and what was meant", "[policy]") {
  Policies policies(Role::caller);
  struct Case {
    std::string key;
    std::string value;
    std::string message;
    std::string hint;
  };
  const Case cases[] = {
      {"preset", "standart", "there is no preset standart; there are naive and standard",
       "did you mean standard?"},
      {"deadlin", "1s", "there is no deadlin; there are deadline, attempt-timeout",
       "did you mean deadline?"},
      {"deadline", "-1s", "deadline must be a time up to 30s, or none", ""},
      {"deadline", "31s", "deadline must be a time up to 30s, or none", ""},
      {"deadline", "0ms", "deadline must be a time up to 30s, or none", ""},
      {"retries", "11", "retries must be a number from 0 to 10", ""},
      {"retries", "1.5", "retries must be a number from 0 to 10", ""},
      {"budget", "0%", "budget must be a share such as 20%, or none", ""},
      {"budget", "20", "budget must be a share such as 20%, or none", ""},
      {"breaker", "yes", "breaker must be on or off", ""},
      {"threads", "0", "threads must be a number from 1 to 256", ""},
      {"publish", "kafka", "publish must be outbox or dual-write", ""},
  };
  for (const Case& each : cases) {
    INFO(each.key << "=" << each.value);
    const auto refused = policies.change({{each.key, each.value}});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::invalid_field);
    CHECK(refused.error().field == each.key);
    CHECK(refused.error().message.starts_with(each.message));
    CHECK(refused.error().hint == each.hint);
  }
  CHECK(policies.preset() == "standard");
  REQUIRE(policies.change({{"breaker", "off"}}).has_value());
  const auto meaningless = policies.change({{"breaker-open", "1s"}});
  REQUIRE_FALSE(meaningless.has_value());
  CHECK(meaningless.error().message == "breaker-open means nothing while the breaker is off");
}

TEST_CASE("a service that calls nobody has no keys for calls", "[policy]") {
  Policies policies(Role::callee);
  CHECK(policies.settings().size() == 2);
  CHECK(policies.preset() == "standard");
  const auto refused = policies.change({{"deadline", "1s"}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "this service calls no other, so that it has no deadline");
  REQUIRE(policies.change({{"preset", "naive"}}).has_value());
  CHECK(policies.preset() == "naive");
  CHECK(value_of(policies, "shedding") == "off");
}

TEST_CASE("what is allowed and hardly meant is warned about", "[policy]") {
  const auto warnings = [](const Policies::Changes& changes) {
    Policies policies(Role::caller);
    return policies.change(changes).value();
  };
  CHECK(warnings({{"deadline", "200ms"}}).empty());
  CHECK(warnings({{"preset", "naive"}}).empty());
  CHECK(warnings({{"deadline", "5ms"}}).size() == 1);
  CHECK(warnings({{"attempt-timeout", "2s"}}).size() == 1);
  CHECK(warnings({{"breaker-minimum", "21"}}).size() == 1);
  CHECK(warnings({{"preset", "naive"}, {"retries", "3"}}).size() == 1);
}

TEST_CASE("who follows a policy is told at once and after each change", "[policy]") {
  Policies policies(Role::callee);
  std::vector<std::size_t> threads;
  policies.follow([&](const resilience::Policy& policy) { threads.push_back(policy.threads); });
  REQUIRE(policies.change({{"threads", "4"}}).has_value());
  CHECK_FALSE(policies.change({{"threads", "400"}}).has_value());
  CHECK(threads == std::vector<std::size_t>{256, 4});
}
