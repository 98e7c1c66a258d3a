// A lab's life with the real program: it starts, its services are killed, paused and restarted, its
// supervisor dies, and never does a process stay behind.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "http/socket.hpp"
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"
#include "support/must.hpp"

namespace msdemo::test {

namespace {

using namespace std::chrono_literals;

constexpr auto kGoneWithSupervisor = 2s;

void up(const TestLab& lab, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"up", "-d"});
  const Outcome started = lab.run(options);
  INFO(started.err);
  REQUIRE(started.in_time);
  REQUIRE(started.exit_code == 0);
}

bool nothing_left(const TestLab& lab) {
  return eventually([&] { return lab.processes().empty(); }, kGoneWithSupervisor);
}

}  // namespace

TEST_CASE("up -d returns when everything is ready and holds none of its caller's stdio", "[e2e]") {
  const TestLab lab;
  const Outcome started = lab.run({"up", "-d"});
  REQUIRE(started.in_time);
  REQUIRE(started.exit_code == 0);
  CHECK(started.says("lab default is ready"));
  CHECK(started.says("msdemo order create --user 1 --item book"));

  for (const char* name : {"user", "order", "broker", "notify"}) {
    const Json service = lab.service(name);
    CHECK(service.at("state") == "ready");
    CHECK(service.at("replica") == 1);
    CHECK(service.at("restarts") == 0);
    CHECK(service.at("last_exit").is_null());
    CHECK(service.at("pid").get<pid_t>() > 0);
    CHECK(accepts(lab.port(name)));
  }
  CHECK(lab.run({"order", "create", "--user", "3", "--item", "book", "--json"})
            .json()
            .at("order")
            .at("username") == "Linus");
}

TEST_CASE("up --json tells what up shows", "[e2e]") {
  const TestLab lab;
  const Json report = lab.run({"up", "-d", "--json"}).json();
  CHECK(report.at("lab") == "default");
  CHECK(report.at("pid") == lab.supervisor());
  CHECK(report.at("services").size() == 4);
  CHECK(report.at("ready_ms").get<double>() > 0);
}

TEST_CASE("a second up is refused and names the first", "[e2e]") {
  const TestLab lab;
  up(lab);
  const Outcome second = lab.run({"up", "-d"});
  CHECK(second.exit_code == 1);
  CHECK(second.says(std::to_string(lab.supervisor())));
  CHECK(lab.run({"up", "-d", "--fresh"}).exit_code == 1);
  CHECK(lab.service("user").at("state") == "ready");
}

TEST_CASE("without a lab, commands say so and how to start one", "[e2e]") {
  const TestLab lab;
  for (const char* command : {"down", "ps"}) {
    const Outcome outcome = lab.run({command});
    CHECK(outcome.exit_code == 69);
    CHECK(outcome.says("msdemo up -d"));
  }
  CHECK(lab.run({"logs"}).exit_code == 69);
  CHECK(lab.run({"restart", "order"}).exit_code == 69);
}

TEST_CASE("up and down, again and again, leave no process and no port", "[e2e]") {
  const TestLab lab;
  for (int round = 0; round < 5; ++round) {
    up(lab);
    const int user = lab.port("user");
    const int order = lab.port("order");
    const Outcome down = lab.run({"down"});
    CHECK(down.exit_code == 0);
    CHECK(lab.processes().empty());
    CHECK_FALSE(accepts(user));
    CHECK_FALSE(accepts(order));
    CHECK_FALSE(std::filesystem::exists(lab.folder() / "lab.json"));
    CHECK_FALSE(std::filesystem::exists(lab.folder() / "token"));
  }
}

TEST_CASE("data survives down, and up --fresh empties it", "[e2e]") {
  const TestLab lab;
  up(lab);
  REQUIRE(lab.run({"order", "create", "--user", "1", "--item", "book"}).exit_code == 0);
  REQUIRE(lab.run({"down"}).exit_code == 0);
  up(lab);
  CHECK(lab.run({"order", "get", "1"}).exit_code == 0);
  REQUIRE(lab.run({"down"}).exit_code == 0);
  up(lab, {"--fresh"});
  CHECK(lab.run({"order", "get", "1"}).exit_code == 1);
  CHECK(lab.run({"user", "get", "2"}).says("Grace"));
}

TEST_CASE("a killed service comes back at the same URL and says why it ended", "[e2e]") {
  const TestLab lab;
  up(lab);
  const Json before = lab.service("order");
  for (int crash = 1; crash <= 7; ++crash) {
    const pid_t victim = lab.pid("order");
    ::kill(victim, SIGKILL);
    REQUIRE(eventually([&] {
      const Json now = lab.service("order");
      return now.at("state") == "ready" && now.at("restarts") == crash;
    }));
    const Json after = lab.service("order");
    CHECK(after.at("url") == before.at("url"));
    CHECK(after.at("admin_url") == before.at("admin_url"));
    CHECK(after.at("last_exit") == "killed by SIGKILL");
    CHECK(after.at("pid") != victim);
  }
  CHECK(lab.service("user").at("restarts") == 0);
}

TEST_CASE("a service can be stopped, started, restarted, paused, resumed and killed", "[e2e]") {
  const TestLab lab;
  up(lab);
  const int port = lab.port("order");

  CHECK(lab.run({"stop", "order"}).exit_code == 0);
  CHECK(lab.service("order").at("state") == "stopped");
  CHECK(lab.service("order").at("pid").is_null());
  CHECK(lab.service("order").at("last_exit") == "exit 0");
  CHECK_FALSE(accepts(port));
  const Outcome refused = lab.run({"pause", "order"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.says("msdemo start order"));

  CHECK(lab.run({"start", "order"}).exit_code == 0);
  CHECK(lab.service("order").at("state") == "ready");
  CHECK(accepts(port));

  const pid_t before = lab.pid("order");
  CHECK(lab.run({"restart", "order"}).exit_code == 0);
  CHECK(lab.pid("order") != before);
  CHECK(lab.port("order") == port);

  CHECK(lab.run({"pause", "order"}).exit_code == 0);
  CHECK(lab.service("order").at("state") == "paused");
  CHECK(lab.run({"resume", "order"}).exit_code == 0);
  CHECK(lab.service("order").at("state") == "ready");
  CHECK(lab.run({"order", "create", "--user", "1", "--item", "tea"}).exit_code == 0);

  CHECK(lab.run({"pause", "order"}).exit_code == 0);
  CHECK(lab.run({"kill", "order"}).exit_code == 0);
  CHECK(lab.run({"start", "order"}).exit_code == 0);
  CHECK(lab.service("order").at("last_exit") == "killed by SIGKILL");
}

TEST_CASE("a mistyped service gets a suggestion", "[e2e]") {
  const TestLab lab;
  const Outcome outcome = lab.run({"kill", "ordr"});
  CHECK(outcome.exit_code == 64);
  CHECK(outcome.says("did you mean 'order'?"));
  CHECK(lab.run({"logs", "usr"}).says("did you mean 'user'?"));
  CHECK(lab.run({"up", "-d", "--port", "ordr=8001"}).exit_code == 64);
  CHECK(lab.run({"--lab", "A/B", "up", "-d"}).exit_code == 64);
}

TEST_CASE("when the supervisor is killed its services go too, paused or not", "[e2e]") {
  const TestLab lab;
  up(lab);
  REQUIRE(lab.run({"pause", "order"}).exit_code == 0);
  const pid_t user = lab.pid("user");
  const pid_t order = lab.pid("order");
  ::kill(lab.supervisor(), SIGKILL);
  CHECK(gone(user, kGoneWithSupervisor));
  CHECK(gone(order, kGoneWithSupervisor));
  CHECK(nothing_left(lab));

  const Outcome ps = lab.run({"ps"});
  CHECK(ps.exit_code == 69);
  CHECK(ps.says("ended without cleaning up"));
  const Outcome again = lab.run({"up", "-d"});
  CHECK(again.exit_code == 0);
  CHECK(again.says("ended without cleaning up"));
}

TEST_CASE("a record that a power cut left damaged does not stop a lab", "[e2e]") {
  const TestLab lab;
  up(lab);
  ::kill(lab.supervisor(), SIGKILL);
  REQUIRE(nothing_left(lab));
  std::ofstream(lab.folder() / "lab.json", std::ios::trunc) << "{\"pid\":";
  CHECK(lab.run({"ps"}).exit_code == 69);
  up(lab);
}

TEST_CASE("down resumes a paused service and stops it in good order", "[e2e]") {
  const TestLab lab;
  up(lab);
  REQUIRE(lab.run({"pause", "user"}).exit_code == 0);
  const Outcome down = lab.run({"down", "--json"});
  CHECK(down.exit_code == 0);
  CHECK(down.json().at("killed").empty());
  CHECK(lab.processes().empty());
}

TEST_CASE("down names and kills what does not stop", "[e2e]") {
  const TestLab lab;
  up(lab);
  // Unlike `pause`, this stop is not known to the supervisor.
  ::kill(lab.pid("order"), SIGSTOP);
  const Outcome down = lab.run({"down"});
  CHECK(down.exit_code == 0);
  CHECK(down.says("did not stop in time and was killed: order"));
  CHECK(lab.processes().empty());
}

TEST_CASE("a port can be chosen, and one that is taken is named", "[e2e]") {
  const TestLab lab;
  auto listener = must(http::listen_on("127.0.0.1", 0, 8));
  const int port = http::local_port(listener.get());
  const std::string option = "order=" + std::to_string(port);
  const Outcome refused = lab.run({"up", "-d", "--port", option});
  CHECK(refused.exit_code == 1);
  CHECK(refused.says("port " + std::to_string(port) + " is taken"));
  CHECK(lab.processes().empty());

  listener.reset();
  up(lab, {"--port", option});
  CHECK(lab.port("order") == port);
}

TEST_CASE("a state folder that cannot be written to is a clear error", "[e2e]") {
  const TempDir folder;
  std::ofstream(folder.path() / "file") << "in the way";
  const TestLab lab((folder.path() / "file").string());
  const Outcome outcome = lab.run({"up", "-d"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.says((folder.path() / "file").string()));
  CHECK(outcome.says("XDG_STATE_HOME"));
}

TEST_CASE("a service that cannot start fails up, which says why and leaves nothing", "[e2e]") {
  const TestLab lab;
  std::filesystem::create_directories(lab.folder() / "order" / "order.db" / "in the way");
  const Outcome outcome = lab.run({"up", "-d"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.says("order did not start"));
  CHECK(outcome.says((lab.folder() / "logs" / "order.log").string()));
  CHECK(lab.processes().empty());
}

TEST_CASE("Ctrl-C stops a lab in the foreground, and it says so", "[e2e]") {
  const TestLab lab;
  RunningProgram foreground({"up"}, lab.environment());
  REQUIRE(foreground.prints("Ctrl-C stops the lab"));
  REQUIRE(lab.run({"order", "create", "--user", "1", "--item", "book"}).exit_code == 0);
  CHECK(foreground.prints("POST /orders 201"));
  foreground.signal(SIGINT);
  const Outcome ended = foreground.finish();
  CHECK(ended.in_time);
  CHECK(ended.exit_code == 0);
  CHECK(ended.says("lab default has stopped"));
  CHECK(lab.processes().empty());
}

TEST_CASE("logs shows every service's lines, and follows a restart", "[e2e]") {
  const TestLab lab;
  up(lab);
  CHECK(lab.run({"logs"}).says("order serves http://"));
  CHECK_FALSE(lab.run({"logs", "user"}).says("order serves http://"));
  CHECK(lab.run({"logs", "-n", "0"}).out.empty());
  CHECK(lab.run({"logs", "-n", "1", "--json"}).json().size() == 1);

  RunningProgram following({"logs", "-f", "-n", "1", "supervisor"}, lab.environment());
  RunningProgram all({"logs", "-f", "-n", "1"}, lab.environment());
  REQUIRE(following.prints("  "));  // its first line: it follows from here on
  REQUIRE(all.prints("  "));
  ::kill(lab.pid("order"), SIGKILL);
  CHECK(following.prints("order ended (killed by SIGKILL)"));
  CHECK(all.prints("order serves http://"));
}

TEST_CASE("two labs run side by side", "[e2e]") {
  const TestLab lab;
  up(lab);
  REQUIRE(lab.run({"--lab", "other", "up", "-d"}).exit_code == 0);
  REQUIRE(lab.run({"down"}).exit_code == 0);
  CHECK(lab.run({"--lab", "other", "ps", "--json"}).json()[0].at("state") == "ready");
  CHECK(lab.run({"--lab", "other", "down"}).exit_code == 0);
  CHECK(lab.processes().empty());
}

}  // namespace msdemo::test
