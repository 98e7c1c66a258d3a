// `up --cmd SERVICE=COMMAND`, and what it does not go with.
#include "commands/command_argument.hpp"

#include "support/catch.hpp"
#include "support/must.hpp"

namespace msdemo::commands {

namespace {

Result<std::map<std::string, lab::ForeignCommand>> parse(const std::vector<std::string>& values) {
  return parse_commands(values, "/");
}

lab::LabOptions with_command(const std::string& service) {
  lab::LabOptions options;
  options.commands[service] = {{"env", "{port}"}, "/"};
  return options;
}

}  // namespace

TEST_CASE("commands are read by service", "[lab]") {
  CHECK(parse({})->empty());
  const auto both = test::must(parse({"user=env A=b {port}", "order=env {port} {user_url}"}));
  CHECK(both.at("user").words == std::vector<std::string>{"env", "A=b", "{port}"});
  CHECK(both.at("order").words == std::vector<std::string>{"env", "{port}", "{user_url}"});
}

TEST_CASE("a command that is for no service, or for one too many, is a usage error", "[lab]") {
  for (const char* value : {"", "user", "usr=env {port}", "=env {port}", "user-2=env {port}",
                            "broker=env {port}", "notify=env {port}", "user=", "user=env"}) {
    const auto commands = parse({value});
    INFO(value);
    REQUIRE_FALSE(commands);
    CHECK(commands.error().code == Code::usage);
  }
  CHECK(parse({"notify=env {port}"}).error().message == "--cmd cannot replace 'notify'");
  CHECK(parse({"user=env {port}", "user=env {port}"}).error().message ==
        "--cmd names the service 'user' twice");
}

TEST_CASE("a foreign program uses none of the lab's engines", "[lab]") {
  CHECK(check_commands({}));
  CHECK(check_commands(with_command("user")));
  lab::LabOptions on_a_server = with_command("user");
  on_a_server.database_url = "postgresql://shop@127.0.0.1/shop";
  CHECK_FALSE(check_commands(on_a_server));
  lab::LabOptions with_broker = with_command("user");
  with_broker.broker_url = "amqp://127.0.0.1";
  CHECK_FALSE(check_commands(with_broker));
  lab::LabOptions several = with_command("user");
  several.replicas["order"] = 2;
  CHECK_FALSE(check_commands(several));
  lab::LabOptions consumers = with_command("user");
  consumers.consumers["order"] = 2;
  CHECK(check_commands(consumers));
  consumers.consumers["user"] = 2;
  const auto refused = check_commands(consumers);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("takes no messages") != std::string::npos);
}

}  // namespace msdemo::commands
