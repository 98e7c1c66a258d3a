// `--port SERVICE=NUMBER` and service names, right and wrong.
#include "commands/service_argument.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "commands/engine_argument.hpp"

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
  const auto shared = check_ports({{"order", 8001}, {"user", 8001}}, {});
  REQUIRE_FALSE(shared);
  CHECK(shared.error().message == "--port gives 8001 to both 'order' and 'user'");
}

TEST_CASE("replicas have the ports that follow their service's, if these are free", "[lab]") {
  CHECK(check_ports({{"order", 8001}, {"user", 8004}}, {{"order", 3}}));
  CHECK(check_ports({{"order", 8001}, {"user", 8003}}, {{"order", 3}}).error().message ==
        "--port gives 8003 to both 'order' and 'user'");
  CHECK(check_ports({{"order", 65533}}, {{"order", 3}}));
  CHECK_FALSE(check_ports({{"order", 65534}}, {{"order", 3}}));
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

TEST_CASE("replicas are counted by service, in one value or several", "[lab]") {
  const auto replicas = [](const std::vector<std::string>& values) {
    return parse_replicas(values);
  };
  const std::map<std::string, int> both = {{"order", 3}, {"user", 2}};
  CHECK(*replicas({"order=3,user=2"}) == both);
  CHECK(*replicas({"order=3", "user=2"}) == both);
  CHECK(replicas({})->empty());
  CHECK(replicas({"broker=1"})->empty());
  for (const char* value : {"", "order", "order=0", "order=17", "ordr=1", "order=1,", ",order=1",
                            "order=2,order=3", "order-2=1", "broker=2"}) {
    const auto refused = replicas({value});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::usage);
  }
}

TEST_CASE("more than one replica needs engines that several processes can share", "[lab]") {
  lab::LabOptions options{.replicas = {{"order", 2}}};
  const auto refused = check_engines(options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  CHECK(
      refused.error().message ==
      "2 replicas of 'order' need an external database and an external broker: --db and --broker");
  CHECK(refused.error().hint.find("--consumers") != std::string::npos);

  options.database_url = "postgresql://shop:secret@127.0.0.1/shop";
  CHECK(check_engines(options).error().message.find("an external broker: --broker") !=
        std::string::npos);
  options.broker_url = "kafka://one:9092,two:9092";
  CHECK(check_engines(options));
}

TEST_CASE("an engine's URL is checked before anything starts, and its password never told",
          "[lab]") {
  const auto refusal = [](lab::LabOptions options) {
    const auto refused = check_engines(options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::usage);
    return refused.error().message + refused.error().hint;
  };
  for (const char* url : {"mysql://shop:secret@db/shop", "postgresql://shop:secret@db:99999/shop",
                          "postgresql://shop:secret@", "secret"}) {
    const std::string told = refusal({.database_url = url});
    if (std::string_view(url) != "secret") CHECK(told.find("secret") == std::string::npos);
  }
  CHECK(refusal({.broker_url = "http://127.0.0.1:8002"}).find("leave") == std::string::npos);
  CHECK(refusal({.broker_url = "nats://shop:secret@mq"}).find("secret") == std::string::npos);
}

TEST_CASE("fresh empties nothing that is not msdemo's, and says how to do it by hand", "[lab]") {
  CHECK(check_engines({.fresh = true}));
  const auto database = check_engines({.fresh = true, .database_url = "postgresql://db/shop"});
  REQUIRE_FALSE(database);
  CHECK(database.error().hint.find("DROP SCHEMA") != std::string::npos);
  const auto broker = check_engines({.fresh = true, .broker_url = "amqp://mq"});
  REQUIRE_FALSE(broker);
  CHECK(broker.error().hint.find("delete_queue") != std::string::npos);
}

TEST_CASE("passwords disappear from the arguments that everybody can read", "[lab]") {
  std::string program = "msdemo";
  std::string option = "--db=postgresql://shop:s@127.0.0.1/shop";
  std::string broker = "amqp://shop:a-long-secret@mq:5672";
  std::array<char*, 3> arguments = {program.data(), option.data(), broker.data()};
  conceal_passwords(static_cast<int>(arguments.size()), arguments.data());
  CHECK(std::string(arguments[1]).find(":s@") == std::string::npos);
  CHECK(std::string(arguments[2]) == "amqp://shop:***@mq:5672");
}

TEST_CASE("a mistyped service gets a suggestion, a foreign one the list", "[lab]") {
  CHECK(check_service("order"));
  CHECK(check_service("order-2"));
  CHECK_FALSE(check_service("order-0"));
  CHECK_FALSE(check_service("order-17"));
  CHECK(check_service("ordr").error().hint == "did you mean 'order'?");
  CHECK(check_service("usr").error().hint == "did you mean 'user'?");
  CHECK(check_service("database").error().hint == "the services are: user, order, broker, notify");
  CHECK(check_service("\x1b[2J").error().message == "there is no service '\\x1b[2J'");
}

}  // namespace msdemo::commands
