// Watching a real lab: numbers that are those of what happened, services that come and go
// meanwhile, and an end when it is asked for.
#include <algorithm>
#include <csignal>
#include <sstream>

#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;

namespace {

std::vector<Json> frames_of(const std::string& out) {
  std::vector<Json> frames;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) frames.push_back(Json::parse(line));
  return frames;
}

const Json& service(const Json& frame, const std::string& name) {
  for (const Json& candidate : frame.at("services")) {
    if (candidate.at("service") == name) return candidate;
  }
  FAIL("no " << name << " in " << frame.dump());
  return frame;
}

/// How many requests a service handled in all frames in which it answered.
double requests(const std::vector<Json>& frames, const std::string& name) {
  double sum = 0;
  for (const Json& frame : frames) {
    const Json& rates = service(frame, name).at("rates");
    if (rates.is_null()) continue;
    CHECK(rates.at("requests_per_s") >= 0);
    sum += rates.at("requests_per_s").get<double>() * frame.at("interval_ms").get<double>() / 1000;
  }
  return sum;
}

}  // namespace

TEST_CASE("an idle lab is watched for as long as wanted", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const auto watched = lab.run({"watch", "--count", "2", "--interval", "200ms", "--json"});
  REQUIRE(watched.exit_code == 0);
  const auto frames = frames_of(watched.out);
  REQUIRE(frames.size() == 2);
  for (const Json& frame : frames) {
    CHECK(frame.at("interval_ms") >= 150);
    REQUIRE(frame.at("services").size() == 4);
    for (const char* name : {"user", "order", "broker", "notify"}) {
      INFO(name);
      CHECK(service(frame, name).at("state") == "ready");
      CHECK(service(frame, name).at("problem").is_null());
      if (name == std::string_view("broker")) continue;  // consumers may still be subscribing
      CHECK(service(frame, name).at("rates").at("requests_per_s") == 0);
      CHECK(service(frame, name).at("rates").at("p99_ms").is_null());
    }
    CHECK(service(frame, "order").at("rates").at("outbox") == 0);
    CHECK(frame.at("queues").is_array());
  }
}

TEST_CASE("orders are seen, and services that are killed, stopped and paused meanwhile", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  test::RunningProgram watch({"watch", "--interval", "100ms", "--json"}, lab.environment());
  REQUIRE(watch.prints("\n"));
  REQUIRE(
      lab.run({"order", "create", "--user", "1", "--item", "book", "--count", "20"}).exit_code ==
      0);
  // Two intervals later the first one has seen all of them.
  REQUIRE(lab.run({"watch", "--count", "2", "--interval", "200ms"}).exit_code == 0);
  const pid_t killed = lab.pid("order");
  REQUIRE(lab.run({"kill", "order"}).exit_code == 0);
  REQUIRE(lab.next_pid("order", killed) > 0);
  REQUIRE(lab.run({"stop", "user"}).exit_code == 0);
  REQUIRE(lab.run({"pause", "notify"}).exit_code == 0);
  CHECK(watch.prints(R"("state":"stopped")"));
  CHECK(watch.prints(R"("state":"paused")"));
  REQUIRE(lab.run({"order", "create", "--user", "1", "--item", "book", "--async"}).exit_code == 0);
  CHECK(watch.prints(R"("messages":1)"));
  REQUIRE(lab.run({"start", "user"}).exit_code == 0);
  REQUIRE(lab.run({"order", "get", "21", "--wait"}).exit_code == 0);
  watch.signal(SIGINT);
  const auto ended = watch.finish();
  CHECK(ended.exit_code == 0);

  const auto frames = frames_of(ended.out);
  CHECK(requests(frames, "user") > 15);
  CHECK(requests(frames, "order") > 15);
  bool away = false;
  for (const Json& frame : frames) {
    const Json user = service(frame, "user");
    if (user.at("state") == "ready") continue;
    CHECK(user.at("rates").is_null());
    CHECK(user.at("problem").is_string());
    away = true;
  }
  CHECK(away);
}

TEST_CASE("through a pipe each service is a line, without commands for a terminal", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const auto watched = lab.run({"watch", "--count", "2", "--interval", "100ms"});
  REQUIRE(watched.exit_code == 0);
  CHECK(std::count(watched.out.begin(), watched.out.end(), '\n') == 8);
  CHECK(watched.says("notify"));
  CHECK(watched.says("0.0 requests/s"));
  CHECK_FALSE(watched.says("\x1b"));
}

TEST_CASE("what cannot be watched is refused, and a lab that ends is told", "[e2e]") {
  const test::TestLab lab;
  const auto nothing = lab.run({"watch", "--count", "1"});
  CHECK(nothing.exit_code == 69);
  CHECK(nothing.says("msdemo up -d"));
  for (const char* interval : {"1", "5ms", "2m", "soon", "61s", "-1s"}) {
    INFO(interval);
    CHECK(lab.run({"watch", "--count", "1", "--interval", interval}).exit_code == 64);
  }
  CHECK(lab.run({"watch", "--count", "0"}).exit_code == 64);

  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  test::RunningProgram watch({"watch", "--interval", "100ms"}, lab.environment());
  REQUIRE(watch.prints("\n"));
  REQUIRE(lab.run({"down"}).exit_code == 0);
  const auto ended = watch.finish();
  CHECK(ended.exit_code == 69);
  CHECK(ended.says("the lab does not answer any more"));
}
