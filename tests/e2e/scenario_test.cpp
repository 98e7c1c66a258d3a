// `scenario run` on documents of the test's own: each verdict, each way to end, and nothing left
// behind.
#include <csignal>
#include <fstream>

#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

/// A place with documents, and with temporary files that can be looked for afterwards.
struct Place {
  Place() { std::filesystem::create_directory(folder.path() / "tmp"); }

  std::string write(const std::string& text) const {
    const auto file = folder.path() / "try.md";
    std::ofstream(file) << text;
    return file.string();
  }

  std::vector<std::string> environment() const {
    return {"XDG_STATE_HOME=" + folder.path().string(), "PATH=/usr/bin:/bin", "HOME=/nonexistent",
            "TMPDIR=" + (folder.path() / "tmp").string()};
  }

  test::Outcome run(const std::string& text, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"scenario", "run", write(text)});
    return test::RunningProgram(more, environment()).finish(60s);
  }

  /// What a run left behind: files, and processes that were told of this place.
  bool clean() const {
    return std::filesystem::is_empty(folder.path() / "tmp") && processes() == 0;
  }

  int processes() const {
    const std::string mark = "TMPDIR=" + (folder.path() / "tmp").string();
    int found = 0;
    std::error_code vanished;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", vanished)) {
      std::ifstream in(entry.path() / "environ");
      for (std::string word; std::getline(in, word, '\0');) found += word == mark ? 1 : 0;
    }
    return found;
  }

  test::TempDir folder;
};

std::string console(const std::string& commands) {
  return "# A try\n\nWords.\n\n```console\n" + commands + "```\n";
}

}  // namespace

TEST_CASE("a scenario whose commands are as told passes in a lab of its own", "[e2e]") {
  const Place place;
  const auto outcome =
      place.run(console("$ msdemo up -d\n"
                        "$ msdemo order create --user 1 --item book --no-timeline\n"
                        "order 1 confirmed[..]after [<5000] ms\n"
                        "$ msdemo order get 9\n"
                        "? 1\n"
                        "order-not-found: [..]\n"
                        "$ echo out; echo err >&2\n"
                        "out\n"
                        "err\n"
                        "$ msdemo down\n"
                        "lab scenario-try-[..] has stopped[..]\n"));
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.says("Words."));
  CHECK(outcome.says("[2/5] $ msdemo order create"));
  CHECK(outcome.says("try passed after 5 commands"));
  CHECK(place.clean());
}

TEST_CASE("a quiet run prints commands and the verdict", "[e2e]") {
  const Place place;
  const auto outcome = place.run(console("$ echo output\n"), {"--quiet"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.says("$ echo output"));
  CHECK_FALSE(outcome.says("Words."));
  CHECK_FALSE(outcome.says("\noutput\n"));
}

TEST_CASE("the first command that is not as told fails the scenario and ends it", "[e2e]") {
  const Place place;
  const auto outcome =
      place.run(console("$ msdemo up -d\n"
                        "$ printf 'a\\nb 7\\nc\\n'\n"
                        "a\n"
                        "b [<5]\n"
                        "c\n"
                        "$ echo never\n"));
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.says("try.md:7: $ printf"));
  CHECK(outcome.says("line 2 of its output differs:\n    a\n  - b [<5]\n  + b 7\n"));
  CHECK_FALSE(outcome.says("never"));
  CHECK(place.clean());
}

TEST_CASE("another exit status than told fails the scenario", "[e2e]") {
  const Place place;
  const auto outcome = place.run(console("$ exit 3\n? 4\n"), {"--json"});
  CHECK(outcome.exit_code == 1);
  const Json result = outcome.json();
  CHECK(result.at("scenario") == "try");
  CHECK(result.at("verdict") == "failed");
  CHECK(result.at("commands") == 1);
  CHECK(result.at("seconds") < 10);
  const std::string reason = result.at("reason");
  CHECK(reason.find("exit status 3, expected 4") != std::string::npos);
}

TEST_CASE("what a command leaves running ends with it", "[e2e]") {
  const Place place;
  const auto outcome = place.run(console("$ sleep 100 & echo started\nstarted\n"));
  CHECK(outcome.exit_code == 0);
  CHECK(place.clean());
}

TEST_CASE("a command that prints without end is stopped", "[e2e]") {
  const Place place;
  const auto outcome = place.run(console("$ yes\n"), {"--quiet"});
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.says("more than 1048576 bytes"));
  CHECK(place.clean());
}

TEST_CASE("a fault that hit nothing makes the verdict unknown", "[e2e]") {
  const Place place;
  const auto missed =
      place.run(console("$ msdemo up -d\n"
                        "$ msdemo fault add user latency=1ms\n"
                        "$ msdemo fault add order latency=1ms\n"
                        "$ msdemo user get 1\n"
                        "$ msdemo fault clear\n"
                        "$ msdemo down\n"));
  INFO(missed.out << missed.err);
  CHECK(missed.exit_code == 2);
  CHECK(missed.says("fault 1 of order (latency=1ms) hit nothing"));
  CHECK_FALSE(missed.says("of user (latency=1ms) hit nothing"));

  const auto crashed = place.run(
      console("$ msdemo up -d\n"
              "$ msdemo fault add user crash=before-ack\n"
              "$ msdemo order create --user 1 --item book --async --wait --no-timeline\n"));
  INFO(crashed.out << crashed.err);
  CHECK(crashed.exit_code == 0);
  CHECK(place.clean());
}

TEST_CASE("an interrupted scenario is unknown and leaves nothing behind", "[e2e]") {
  const Place place;
  const std::string file =
      place.write(console("$ msdemo up -d\n"
                          "$ msdemo fault add user latency=1ms\n"
                          "$ echo here; sleep 100\n"));
  test::RunningProgram running({"scenario", "run", file}, place.environment());
  REQUIRE(running.prints("\nhere\n"));
  CHECK(place.processes() > 5);
  running.signal(SIGTERM);
  const auto outcome = running.finish();
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.says("interrupted"));
  CHECK(place.clean());
}

TEST_CASE("a scenario interrupted while its lab starts leaves nothing behind", "[e2e]") {
  const Place place;
  const std::string file = place.write(console("$ msdemo up -d\n$ sleep 100\n"));
  test::RunningProgram running({"scenario", "run", file}, place.environment());
  REQUIRE(running.prints("$ msdemo up"));
  running.signal(SIGINT);
  CHECK(running.finish().exit_code == 2);
  CHECK(place.clean());
}

TEST_CASE("scenarios are listed, and one that does not exist is missed with a suggestion",
          "[e2e]") {
  const Place place;
  const auto run = [&](const std::vector<std::string>& arguments) {
    return test::RunningProgram(arguments, place.environment()).finish();
  };
  const Json listed = run({"scenario", "list", "--json"}).json();
  REQUIRE(listed.size() >= 6);
  CHECK_FALSE(listed[0].at("title").get<std::string>().empty());
  const auto mistyped = run({"scenario", "run", "braker"});
  CHECK(mistyped.exit_code == 64);
  CHECK(mistyped.says("did you mean `msdemo scenario run breaker`?"));
  CHECK(run({"scenario", "run", "nowhere.md"}).exit_code == 64);
  const auto broken = place.run("```console\n$ true\n");
  CHECK(broken.exit_code == 64);
  CHECK(broken.says("try.md:1: this block is not closed"));
}

TEST_CASE("MSDEMO_LAB names the lab where nobody says --lab", "[e2e]") {
  const Place place;
  auto environment = place.environment();
  environment.emplace_back("MSDEMO_LAB=quiet-one");
  const auto by_environment = test::RunningProgram({"ps"}, environment).finish();
  CHECK(by_environment.says("no lab 'quiet-one' is running"));
  const auto by_option = test::RunningProgram({"--lab", "other", "ps"}, environment).finish();
  CHECK(by_option.says("no lab 'other' is running"));
}
