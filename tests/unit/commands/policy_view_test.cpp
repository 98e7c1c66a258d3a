// Policies as they are typed, and as they are shown.
#include "commands/policy_view.hpp"

#include "support/catch.hpp"

namespace msdemo::commands {

namespace {

Policy order_policy() {
  return {.preset = "custom",
          .settings = {{.key = "deadline",
                        .value = "200ms",
                        .naive = "none",
                        .standard = "1s",
                        .meaning = "how long a call may take, with all its attempts"},
                       {.key = "retries",
                        .value = "2",
                        .naive = "0",
                        .standard = "2",
                        .meaning = "attempts after the first"}},
          .calls = {{.peer = "user",
                     .breaker = "open",
                     .in_flight = 3,
                     .calls = 40,
                     .attempts = 50,
                     .failed_attempts = 20,
                     .retries_refused = 1,
                     .rejected = 7}}};
}

Result<Json> parse(const std::vector<std::string>& words) {
  const Policy policy = order_policy();
  return parse_policy(words, "order", policy.settings);
}

Error refused(const std::vector<std::string>& words) {
  const auto changes = parse(words);
  REQUIRE_FALSE(changes);
  CHECK(changes.error().code == Code::usage);
  return changes.error();
}

}  // namespace

TEST_CASE("a preset and keys are what the service is sent", "[commands]") {
  CHECK(parse({"naive"}) == Json{{"preset", "naive"}});
  CHECK(parse({"deadline=200ms", "standard", "retries="}) ==
        Json{{"deadline", "200ms"}, {"preset", "standard"}, {"retries", ""}});
  CHECK(parse({"deadline=a=b"}) == Json{{"deadline", "a=b"}});
  CHECK(parse({"what=ever"}) == Json{{"what", "ever"}});  // the service knows better
}

TEST_CASE("what a service would not understand is refused with a suggestion", "[commands]") {
  CHECK(refused({"naiv"}).hint == "did you mean 'naive'?");
  CHECK(refused({"wild"}).hint == "the presets are: naive, standard");
  CHECK(refused({"retries"}).hint == "for example: msdemo policy set order retries=2");
  CHECK(refused({"x\x1b"}).message == "'x\\x1b' is neither a preset nor KEY=VALUE");
  CHECK(refused({"retries=2", "retries=3"}).message == "there are two values for 'retries'");
  CHECK(refused({"naive", "standard"}).message == "there are two values for 'preset'");
}

TEST_CASE("what changed is told, and nothing else", "[commands]") {
  const Policy before = order_policy();
  Policy after = before;
  CHECK(policy_changes("order", before, after).empty());
  after.settings.at(0).value = "1s";
  CHECK(policy_changes("order", before, after) ==
        std::vector<std::string>{"order: deadline 200ms -> 1s"});
}

TEST_CASE("a policy is a table and a line for each callee", "[commands]") {
  CHECK(format_policy("order", order_policy(), 60, false) ==
        "order: custom\n"
        "KEY       VALUE  NAIVE  STANDARD  MEANING\n"
        "deadline  200ms  none   1s        how long a call may take,\n"
        "                                  with all its attempts\n"
        "retries   2      0      2         attempts after the first\n"
        "\n"
        "CALLEE  BREAKER  IN FLIGHT  CALLS  ATTEMPTS  PER CALL  FAILED  REFUSED  REJECTED\n"
        "user    open             3     40        50      1.25      20        1         7\n");
}

TEST_CASE("settings that are not standard are highlighted, and so is an open breaker",
          "[commands]") {
  const std::string shown = format_policy("order", order_policy(), 100, true);
  CHECK(shown.find("\x1b[33m200ms\x1b[0m") != std::string::npos);
  CHECK(shown.find("\x1b[33m2\x1b[0m") == std::string::npos);
  CHECK(shown.find("\x1b[31mopen\x1b[0m") != std::string::npos);
}

TEST_CASE("a policy's document maps keys to values", "[commands]") {
  const Json document = policy_document("order", order_policy());
  CHECK(document.at("service") == "order");
  CHECK(document.at("preset") == "custom");
  CHECK(document.at("settings") == Json{{"deadline", "200ms"}, {"retries", "2"}});
  CHECK(document.at("calls").at(0).at("failed_attempts") == 20);
}

}  // namespace msdemo::commands
