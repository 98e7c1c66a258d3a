// `--port SERVICE=NUMBER` and service names, right and wrong.
#include "commands/service_argument.hpp"

#include <vector>

#include "support/catch.hpp"

namespace msdemo::commands {

namespace {

Result<std::map<std::string, int>> parse(const std::vector<std::string>& values) {
  return parse_fixed_ports(values);
}

}  // namespace

TEST_CASE("ports are read by service", "[lab]") {
  CHECK(parse({})->empty());
  CHECK(*parse({"order=8001", "user=65535"}) ==
        std::map<std::string, int>{{"order", 8001}, {"user", 65535}});
}

TEST_CASE("what is no port for a service is a usage error", "[lab]") {
  for (const char* value : {"", "order", "order=", "=8001", "order=abc", "order=0", "order=-1",
                            "order=65536", "order=8001x", "order= 8001", "order=8001=8002",
                            "order=99999999999999999999", "ordr=8001", "lab=8001"}) {
    const auto ports = parse({value});
    REQUIRE_FALSE(ports);
    CHECK(ports.error().code == Code::usage);
  }
}

TEST_CASE("a service has one port, and a port one service", "[lab]") {
  CHECK_FALSE(parse({"order=8001", "order=8002"}));
  const auto shared = parse({"order=8001", "user=8001"});
  REQUIRE_FALSE(shared);
  CHECK(shared.error().message == "--port gives 8001 to both 'order' and 'user'");
}

TEST_CASE("consumers are counted by service, and only where there are any", "[lab]") {
  const auto consumers = [](const std::vector<std::string>& values) {
    return parse_consumers(values);
  };
  CHECK(*consumers({"user=1", "notify=64"}) ==
        std::map<std::string, int>{{"notify", 64}, {"user", 1}});
  for (const char* value : {"user", "user=0", "user=65", "user=x", "usr=2", "broker=2"}) {
    const auto refused = consumers({value});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::usage);
  }
  CHECK(consumers({"user=2", "user=3"}).error().message ==
        "--consumers names the service 'user' twice");
  CHECK(consumers({"broker=2"}).error().message == "the service 'broker' consumes no messages");
}

TEST_CASE("one replica is what there is; more are refused with a way on", "[lab]") {
  const auto check = [](const std::vector<std::string>& values) { return check_replicas(values); };
  CHECK(check({}));
  CHECK(check({"order=1", "user=1"}));
  for (const char* value : {"order", "order=0", "ordr=1"}) CHECK_FALSE(check({value}));
  const auto refused = check({"order=1", "user=2"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().message.find("external database") != std::string::npos);
  CHECK(refused.error().hint.find("--consumers") != std::string::npos);
}

TEST_CASE("a mistyped service gets a suggestion, a foreign one the list", "[lab]") {
  CHECK(check_service("order"));
  CHECK(check_service("ordr").error().hint == "did you mean 'order'?");
  CHECK(check_service("usr").error().hint == "did you mean 'user'?");
  CHECK(check_service("database").error().hint == "the services are: user, order, broker, notify");
  CHECK(check_service("\x1b[2J").error().message == "there is no service '\\x1b[2J'");
}

}  // namespace msdemo::commands
