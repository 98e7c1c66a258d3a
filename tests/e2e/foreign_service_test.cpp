// `up --cmd`: programs that are not ours in place of the user and the order service. What the lab
// can still do with them, and what it says of what it cannot.
#include <signal.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

namespace msdemo::test {

namespace {

using namespace std::chrono_literals;

const std::string kProgram = "/usr/bin/python3 " MSDEMO_SOURCE_DIR "/tests/e2e/foreign_service.py";

std::string user(const std::string& more = "") {
  return "user=" + kProgram + " {port}" + more;
}

std::string order(const std::string& more = "") {
  return "order=" + kProgram + " {port} {user_url}" + more;
}

Outcome up(const TestLab& lab, const std::vector<std::string>& commands) {
  std::vector<std::string> arguments = {"up", "-d"};
  for (const std::string& command : commands) arguments.insert(arguments.end(), {"--cmd", command});
  const Outcome started = lab.run(arguments);
  INFO(started.out << started.err);
  REQUIRE(started.exit_code == 0);
  return started;
}

Outcome place(const TestLab& lab, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"order", "create", "--user", "1", "--item", "book"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return lab.run(arguments);
}

}  // namespace

TEST_CASE("foreign programs serve a lab, seeded and traced from outside", "[e2e]") {
  const TestLab lab;
  const Outcome started = up(lab, {user(), order()});
  CHECK(started.says("started by --cmd, no admin"));
  CHECK(started.err.empty());
  CHECK(lab.service("order").at("admin_url").is_null());

  const Outcome shown = place(lab);
  INFO(shown.out << shown.err);
  CHECK(shown.exit_code == 0);
  CHECK(shown.says("order answered HTTP 200 after"));
  CHECK(shown.says("\"for\": \"Ada\""));
  CHECK(shown.says("client  └ POST /orders"));
  CHECK_FALSE(shown.says("no span arrived"));

  const Json placed = place(lab, {"--json"}).json();
  CHECK(placed.at("answer").at("for") == "Ada");
  CHECK(placed.at("http_status") == 200);
  const std::string trace = placed.at("trace_id");
  CHECK(lab.run({"trace", "show", trace, "--json"}).json().at("spans").size() == 2);

  const Outcome refused = lab.run({"order", "create", "--user", "9", "--item", "book"});
  CHECK(refused.exit_code == 2);  // nobody knows what a program does before it answers 500
  CHECK(refused.says("HTTP 500"));
  CHECK(refused.says("msdemo logs order"));
  CHECK(lab.run({"logs", "order"}).says("order for Ada"));
  CHECK(place(lab, {"--rate", "50", "--count", "5"}).says("5 of 5 orders confirmed"));
}

TEST_CASE("a foreign program is supervised as the others, by its own pid", "[e2e]") {
  const TestLab lab;
  up(lab, {user(), order()});
  const Json before = lab.service("order");
  CHECK(place(lab, {"--json"}).json().at("answer").at("pid") == before.at("pid"));

  REQUIRE(lab.run({"kill", "order"}).exit_code == 0);
  CHECK(lab.next_pid("order", before.at("pid")) != 0);
  const Json after = lab.service("order");
  CHECK(after.at("url") == before.at("url"));
  CHECK(after.at("last_exit") == "killed by SIGKILL");
  REQUIRE(lab.run({"restart", "order"}).exit_code == 0);
  CHECK(lab.service("order").at("last_exit") == "killed by SIGTERM");
  CHECK(place(lab).exit_code == 0);

  SECTION("down stops it") {
    CHECK(lab.run({"down", "--json"}).json().at("killed").empty());
    CHECK(lab.processes().empty());
  }
  SECTION("it does not outlive a supervisor that is killed") {
    ::kill(lab.supervisor(), SIGKILL);
    CHECK(eventually([&] { return lab.processes().empty(); }, 2s));
  }
}

TEST_CASE("what needs the admin interface says that there is none, and what there is", "[e2e]") {
  const TestLab lab;
  up(lab, {user(), order()});
  const std::vector<std::vector<std::string>> commands = {{"fault", "add", "user", "latency=1s"},
                                                          {"policy", "get", "order"},
                                                          {"policy", "set", "order", "naive"},
                                                          {"fault", "clear", "user"},
                                                          {"url", "user", "--admin"}};
  for (const auto& command : commands) {
    const Outcome outcome = lab.run(command);
    INFO(command[0] << ' ' << command[1] << ": " << outcome.out << outcome.err);
    CHECK(outcome.exit_code == 64);
    CHECK(outcome.says("was started by --cmd and has no admin interface"));
    CHECK(outcome.says("msdemo pause|resume|kill "));
  }
  CHECK(lab.run({"fault", "clear"}).exit_code == 0);
  CHECK(lab.run({"fault", "list", "--json"}).json().empty());
  CHECK(lab.run({"policy", "get", "--json"}).json().size() == 2);
  CHECK(lab.run({"why", "1"}).says("tells no trace of its orders"));
  for (const std::vector<std::string>& command : {std::vector<std::string>{"compare"}, {"bench"}}) {
    const Outcome outcome = lab.run(command);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit_code == 64);
    CHECK(outcome.says("needs the lab's own services, and user was started by --cmd"));
  }
  CHECK(place(lab, {"--async"}).exit_code == 64);
}

TEST_CASE("our order service asks a foreign user service", "[e2e]") {
  const TestLab lab;
  up(lab, {user()});
  const Outcome outcome = place(lab);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.says("confirmed · book for Ada"));
  CHECK(outcome.says("INSERT orders"));
  CHECK_FALSE(outcome.says("no span arrived"));
}

TEST_CASE("a foreign user service that takes no users is noted, and the lab goes on", "[e2e]") {
  const TestLab lab;
  const Outcome started = up(lab, {user(" --no-users"), order()});
  CHECK(started.says("did not take the first users (POST /users for Ada was answered with 500)"));
  CHECK(lab.service("user").at("state") == "ready");
}

TEST_CASE("a foreign program that does not start fails the lab with its last words", "[e2e]") {
  const TestLab lab;
  const Outcome started = lab.run({"up", "-d", "--cmd", "user=/usr/bin/python3 /none.py {port}"});
  CHECK(started.exit_code == 1);
  CHECK(started.says("user did not start (exit 2, 5 times in a row)"));
  CHECK(started.says("/none.py"));
  CHECK(lab.processes().empty());
}

TEST_CASE("up --cmd refuses what it cannot start, and starts nothing", "[e2e]") {
  const TestLab lab;
  CHECK(lab.run({"up", "-d", "--cmd", "user=no-such-program {port}"}).exit_code == 64);
  CHECK(lab.run({"up", "-d", "--cmd", user(), "--db", "postgresql://u@127.0.0.1/x"})
            .says("--cmd does not go with --db"));
  CHECK(lab.run({"ps"}).exit_code == 69);
}

TEST_CASE("orders are placed at once, as one trace", "[e2e]") {
  const TestLab lab;
  // It answers none of the four before all of them are there.
  up(lab, {user(), order(" --together 4")});
  const Json placed = place(lab, {"--concurrency", "4", "--json"}).json().at("orders");
  REQUIRE(placed.size() == 4);
  for (const Json& each : placed) {
    CHECK(each.at("http_status") == 200);
    CHECK(each.at("trace_id") == placed[0].at("trace_id"));
  }
  const Outcome drawn = place(lab, {"--count", "8", "--concurrency", "4"});
  INFO(drawn.out << drawn.err);
  CHECK(drawn.exit_code == 0);
  CHECK(drawn.says("client  order create × 8"));
  CHECK(drawn.says("8 placed, 0 not; 8 answered"));
  CHECK(place(lab, {"--count", "101", "--concurrency", "4"}).exit_code == 64);
}

}  // namespace msdemo::test
