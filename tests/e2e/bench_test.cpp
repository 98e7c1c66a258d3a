// `bench` on a real lab, on a bare address and on one that dies: what it measures, what it refuses
// and how it ends.
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "base/limits.hpp"
#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

/// A short bench of this lab.
test::Outcome bench(const test::TestLab& lab, std::vector<std::string> more) {
  std::vector<std::string> arguments = {"bench", "--duration", "200ms", "--warmup", "20ms"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return lab.run(arguments, 120s);
}

/// Valid or, because other tests kept the generator waiting, not.
bool ended(const test::Outcome& outcome) {
  return outcome.exit_code == 0 || outcome.exit_code == 2;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string url_of(const test::TestLab& lab, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(lab.port("user")) + path;
}

}  // namespace

TEST_CASE("a bench of a running lab measures both styles in turns", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const auto html = lab.folder() / "report.html";
  const auto outcome =
      bench(lab, {"--rate", "100", "--sweep", "50,100", "--json", "--html", html.string()});
  INFO(outcome.out << outcome.err);
  REQUIRE(ended(outcome));
  const Json json = outcome.json();
  REQUIRE(json.at("pairs").size() == 12);
  REQUIRE(json.at("sweep").size() == 4);
  CHECK(json.at("complete") == true);
  CHECK(json.at("settings").at("target") == "default");
  CHECK(json.at("environment").at("durability") == "full");
  CHECK(json.at("environment").at("fsync_p50_us") > 0);
  for (std::size_t i = 0; i < json.at("pairs").size(); ++i) {
    const Json& run = json.at("pairs")[i];
    CHECK(run.at("style") == (i % 2 == 0 ? "sync" : "async"));
    CHECK(run.at("started") == 20);
    CHECK(run.at("succeeded") == 20);
    CHECK(run.at("latency").at("p50_ms") > 0);
    CHECK(run.at("latency").at("p99_ms").is_null());
    if (i % 2 == 0) continue;
    CHECK(run.at("completed") == 20);
    CHECK(run.at("completion").at("p50_ms") > run.at("latency").at("p50_ms"));
  }
  CHECK(read(html).find("<svg") != std::string::npos);
  // Nobody is to trace a load.
  for (const Json& trace : lab.run({"trace", "list", "--json"}).json()) {
    CHECK(trace.at("name") != "POST /orders");
  }
}

TEST_CASE("without a lab, a bench starts one and leaves nothing of it", "[e2e]") {
  const test::TestLab lab;
  const auto outcome = bench(lab, {"--rate", "200", "--style", "sync", "--sweep", "off"});
  INFO(outcome.out << outcome.err);
  CHECK(ended(outcome));
  CHECK(outcome.says("an order by call takes"));
  CHECK(lab.processes().empty());
  CHECK_FALSE(std::filesystem::exists(lab.folder()));
  CHECK(std::filesystem::is_empty(lab.folder().parent_path()));
}

TEST_CASE("a threshold decides the exit status", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const std::vector<std::string> usual = {"--url", url_of(lab, "/users/1"), "--rate", "100"};
  const auto with = [&](const std::string& threshold) {
    auto arguments = usual;
    arguments.insert(arguments.end(), {"--fail-if", threshold});
    return bench(lab, arguments);
  };
  CHECK(ended(with("p50>60s")));
  const auto broken = with("achieved<1000");
  // A run that cannot be trusted does not decide.
  CHECK((broken.exit_code == 1 || broken.exit_code == 2));
  CHECK(broken.says("achieved<1000 holds for url"));
}

TEST_CASE("requests that fail are counted by what was answered", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const auto outcome = bench(lab, {"--url", url_of(lab, "/users/999"), "--rate", "100", "--json"});
  INFO(outcome.out << outcome.err);
  const Json run = outcome.json().at("pairs").at(0);
  CHECK(run.at("succeeded") == 0);
  CHECK(run.at("failures").at(0).at("name") == "user-not-found");
  CHECK(run.at("latency").at("p50_ms").is_null());
}

TEST_CASE("a server that dies leaves a partial result", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  test::RunningProgram running({"bench", "--url", url_of(lab, "/users/1"), "--rate", "200",
                                "--duration", "30s", "--warmup", "0s", "--json"},
                               lab.environment());
  // Once it has connected.
  REQUIRE(test::eventually([&] {
    return read("/proc/" + std::to_string(running.pid()) + "/net/tcp").find(" 01 ") !=
           std::string::npos;
  }));
  REQUIRE(lab.run({"stop", "user"}).exit_code == 0);
  const auto outcome = running.finish(60s);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 1);
  const Json json = outcome.json();
  CHECK(json.at("complete") == false);
  CHECK(json.at("pairs").at(0).at("server_died") == true);
}

TEST_CASE("Ctrl-C prints what there is", "[e2e]") {
  const test::TestLab lab;
  test::RunningProgram running({"bench", "--rate", "50", "--sweep", "off", "--duration", "1s"},
                               lab.environment());
  // It hears signals once its lab is ready and the runs begin.
  const std::string status = "/proc/" + std::to_string(running.pid()) + "/status";
  REQUIRE(test::eventually([&] {
    const std::string text = read(status);
    const auto blocked = text.find("SigBlk:\t");
    return blocked != std::string::npos && text.compare(blocked + 8, 16, "0000000000000000") != 0;
  }));
  running.signal(SIGINT);
  const auto outcome = running.finish(60s);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.says("PARTIAL: it was interrupted."));
  CHECK(lab.processes().empty());
}

TEST_CASE("what cannot be measured is refused before anything runs", "[e2e]") {
  const test::TestLab lab;
  const auto refused = [&](const std::vector<std::string>& more, int status,
                           const std::string& words) {
    std::vector<std::string> arguments = {"bench"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto outcome = lab.run(arguments);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit_code == status);
    CHECK(outcome.says(words));
  };
  refused({"--rate", "0"}, 64, "--rate must be more than 0");
  refused({"--rate", "-5"}, 64, "--rate must be more than 0");
  refused({"--rate", "many"}, 64, "not a number: --rate");
  refused({"--duration", "0s"}, 64, "--duration is a time");
  refused({"--style", "rpc"}, 64, "--style is sync, async or both");
  refused({"--fail-if", "p98>1ms"}, 64, "--fail-if cannot be");
  refused({"--html", "/nowhere/report.html"}, 64, "cannot be written");
  refused({"--url", "http://127.0.0.1:1/"}, 69, "unreachable");
  refused({"diff", "/nowhere/a.json", "/nowhere/b.json"}, 64, "cannot read /nowhere/a.json");
  CHECK(lab.processes().empty());
}

TEST_CASE("two files are compared", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const auto outcome = bench(lab, {"--rate", "100", "--style", "sync", "--sweep", "off", "--json"});
  REQUIRE(ended(outcome));
  const std::string file = (lab.folder() / "a.json").string();
  std::ofstream(file) << outcome.out;
  const auto diff = lab.run({"bench", "diff", file, file});
  INFO(diff.out << diff.err);
  CHECK(diff.exit_code == 0);
  CHECK(diff.says("No difference between A and B that these runs could show."));
  const Json json = lab.run({"bench", "diff", file, file, "--json"}).json();
  CHECK(json.at("metrics").at(0).at("verdict") == "no-difference");
}
