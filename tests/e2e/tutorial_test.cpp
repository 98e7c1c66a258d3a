// `tutorial` as a learner meets it: the list, one chapter step by step, ways to end it, and checks
// that judge a lab.
#include <csignal>
#include <fstream>

#include "support/catch.hpp"
#include "support/lab_fixture.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

/// A learner's state, and a place where left-overs would show.
struct Desk {
  Desk() { std::filesystem::create_directory(folder.path() / "tmp"); }

  std::vector<std::string> environment(const std::string& path = "/usr/bin:/bin") const {
    return {"XDG_STATE_HOME=" + folder.path().string(), "PATH=" + path, "HOME=/nonexistent",
            "COLUMNS=60", "TMPDIR=" + (folder.path() / "tmp").string()};
  }

  test::Outcome run(const std::vector<std::string>& arguments,
                    const std::string& path = "/usr/bin:/bin") const {
    return test::RunningProgram(arguments, environment(path)).finish(60s);
  }

  bool clean() const { return std::filesystem::is_empty(folder.path() / "tmp"); }

  test::TempDir folder;
};

}  // namespace

TEST_CASE("the tutorial lists its chapters", "[e2e]") {
  const Desk desk;
  const Json listed = desk.run({"tutorial", "--json"}).json();
  REQUIRE_FALSE(listed.empty());
  CHECK(listed[0].at("chapter") == 1);
  CHECK(listed[0].at("minutes") > 0);
  CHECK(listed[0].at("run") == false);
  CHECK(listed[0].at("solved") == false);
  const auto text = desk.run({"tutorial"});
  CHECK(text.exit_code == 0);
  CHECK(text.says("Two services and one call"));
  CHECK(desk.run({"tutorial", "99"}).exit_code == 64);
  CHECK(desk.run({"tutorial", "--step", "--yes", "1"}).exit_code == 64);
}

TEST_CASE("a chapter that nobody is ready for ends at its first command", "[e2e]") {
  const Desk desk;
  const auto outcome = desk.run({"tutorial", "1", "--step"});  // stdin is empty
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.says("runs in a lab of its own"));
  CHECK(outcome.says("[1/"));
  CHECK(outcome.says("Chapter 1 ended here"));
  CHECK_FALSE(outcome.says("is ready after"));
  CHECK(desk.clean());
}

TEST_CASE("an interrupted chapter takes its lab down", "[e2e]") {
  const Desk desk;
  test::RunningProgram running({"tutorial", "1", "--yes"}, desk.environment());
  REQUIRE(running.prints("MiB of memory"));
  running.signal(SIGINT);
  const auto outcome = running.finish();
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code != 1);
  CHECK(desk.clean());
}

TEST_CASE("a chapter names the program that is missing and how to get it", "[e2e]") {
  const Desk desk;
  const auto outcome = desk.run({"tutorial", "1", "--yes"}, "/nowhere");
  CHECK(outcome.exit_code == 64);
  CHECK(outcome.says("needs curl, which is not installed"));
  CHECK(outcome.says("apt install curl"));
}

TEST_CASE("an appendix has a name, and tells which module its Python lacks", "[e2e]") {
  const Desk desk;
  const auto bin = desk.folder.path() / "bin";
  std::filesystem::create_directory(bin);
  // Without its site, Python finds no packages.
  std::ofstream(bin / "uvicorn") << "#!/usr/bin/python3 -S\n";
  std::filesystem::permissions(bin / "uvicorn", std::filesystem::perms::owner_all);
  const auto outcome = desk.run({"tutorial", "fastapi", "--yes"}, bin.string() + ":/usr/bin:/bin");
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 64);
  CHECK(outcome.says("the Python module fastapi beside uvicorn, which is not installed"));
  CHECK(outcome.says("apt install python3-fastapi"));
  CHECK(desk.clean());
  CHECK(desk.run({"tutorial", "check", "fastapi"}).says("has no exercise to check"));
  CHECK(desk.run({"tutorial", "fastpi"}).says("there is no chapter fastpi"));
  CHECK(desk.run({"tutorial", "--json"}).json().back().at("chapter") == "fastapi");
}

TEST_CASE("a chapter names the engine that is missing and how to start it", "[e2e]") {
  const Desk desk;  // in its environment nothing says where engines are
  const auto outcome = desk.run({"tutorial", "9", "--yes"});
  CHECK(outcome.exit_code == 64);
  CHECK(outcome.says("needs a running postgres, and MSDEMO_TEST_POSTGRES does not say where"));
  CHECK(outcome.says("scripts/engines up"));
  CHECK(desk.clean());
}

TEST_CASE("an exercise cannot be judged without a lab", "[e2e]") {
  const Desk desk;
  const auto outcome = desk.run({"tutorial", "check", "1", "--json"});
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.json().at("verdict") == "unknown");
  CHECK(desk.run({"tutorial", "check", "99"}).exit_code == 64);
}

TEST_CASE("an exercise is right only when all of it is done", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  CHECK(lab.run({"tutorial", "check", "1", "--answer", "0.3"}).exit_code == 2);
  REQUIRE(lab.run({"user", "create", "--name", "Zoe"}).exit_code == 0);
  const Json placed =
      lab.run({"order", "create", "--user", "4", "--item", "book", "--json"}).json();
  CHECK(lab.run({"tutorial", "check", "1", "--answer", "0.3"}).exit_code == 1);
  REQUIRE(lab.run({"order", "create", "--user", "99", "--item", "book"}).exit_code == 1);

  const auto unsaid = lab.run({"tutorial", "check", "1", "--json"});
  CHECK(unsaid.exit_code == 2);
  CHECK(unsaid.json().at("findings").size() == 3);
  CHECK_FALSE(unsaid.json().at("hint").is_null());
  const auto wrong = lab.run({"tutorial", "check", "1", "--answer", "1.5"});
  CHECK(wrong.exit_code == 1);
  CHECK(wrong.says("too high"));

  const Json trace =
      lab.run({"trace", "show", placed.at("trace_id").get<std::string>(), "--json"}).json();
  double whole = 0;
  double asking = 0;
  for (const Json& span : trace.at("spans")) {
    const double took =
        span.at("end_unix_nano").get<double>() - span.at("start_unix_nano").get<double>();
    if (span.at("name") == "order create") whole = took;
    if (span.at("name") == "GET /users/{id}" && span.at("service") == "order") asking = took;
  }
  const auto right =
      lab.run({"tutorial", "check", "1", "--answer", std::to_string(asking / whole)});
  INFO(right.out << right.err);
  CHECK(right.exit_code == 0);
  CHECK(lab.run({"tutorial", "--json"}).json()[0].at("solved") == true);
}

TEST_CASE("a chapter leaves the learner's own lab alone, and says so", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const pid_t before = lab.pid("user");
  const auto outcome = lab.run({"tutorial", "1", "--step"});
  CHECK(outcome.says("Your lab 'default' is left alone"));
  CHECK(lab.pid("user") == before);
}

TEST_CASE("url tells where a service is, for a command line", "[e2e]") {
  const test::TestLab lab;
  REQUIRE(lab.run({"up", "-d"}).exit_code == 0);
  const Json user = lab.service("user");
  CHECK(lab.run({"url", "user"}).out == user.at("url").get<std::string>() + "\n");
  CHECK(lab.run({"url", "user", "--admin"}).out == user.at("admin_url").get<std::string>() + "\n");
  CHECK(lab.run({"url", "usr"}).says("did you mean"));
}
