// The state folder: names, the record and its damage, the lock, the token, and who is alive.
#include "lab/state.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/state_home.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::lab {

namespace {

using test::must;
using test::StateHome;
using test::TempDir;

LabRecord sample_record() {
  return {.supervisor = ProcessIdentity::own(),
          .control_url = "http://127.0.0.1:4000",
          .started_at = "2026-11-23T00:40:01.123Z",
          .services = {{"user", 2, "http://127.0.0.1:8000", "http://127.0.0.1:9000"}}};
}

mode_t permissions(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("a lab's name is short and plain", "[lab]") {
  for (const char* good : {"default", "a", "class-2", "0123456789abcdef0123456789abcdef"}) {
    CHECK(StateFolder::of(good));
  }
  for (const char* bad :
       {"", "Lab", "a/b", "..", "a b", "ü", "0123456789abcdef0123456789abcdef0"}) {
    const auto folder = StateFolder::of(bad);
    REQUIRE_FALSE(folder);
    CHECK(folder.error().code == Code::usage);
  }
}

TEST_CASE("the folder lies under XDG_STATE_HOME and belongs to one user alone", "[lab]") {
  const TempDir home;
  const StateHome state(home.path() / "state");
  const StateFolder folder = must(StateFolder::of("default"));
  CHECK(folder.path() == home.path() / "state" / "msdemo" / "default");
  must(folder.create());
  must(folder.create());
  CHECK(permissions(folder.path()) == 0700);
  CHECK(permissions(folder.logs()) == 0700);
}

TEST_CASE("a place that cannot be written to is named", "[lab]") {
  const TempDir home;
  std::ofstream(home.path() / "file") << "not a folder";
  const StateHome state(home.path() / "file");
  const auto created = must(StateFolder::of("default")).create();
  REQUIRE_FALSE(created);
  CHECK(created.error().code == Code::lab_failed);
  CHECK(created.error().message.find((home.path() / "file").string()) != std::string::npos);
  CHECK(created.error().hint.find("XDG_STATE_HOME") != std::string::npos);
}

TEST_CASE("a record comes back as it was written", "[lab]") {
  const LabRecord record = must(parse_lab_record(to_json_text(sample_record())));
  CHECK(record.supervisor.pid == ::getpid());
  CHECK(record.supervisor.alive());
  CHECK(record.control_url == "http://127.0.0.1:4000");
  REQUIRE(record.services.size() == 1);
  CHECK(record.services[0].replica == 2);
  CHECK(record.services[0].admin_url == "http://127.0.0.1:9000");
}

TEST_CASE("a record tells which programs have no admin listener", "[lab]") {
  LabRecord foreign = sample_record();
  foreign.services[0].admin_url.clear();
  CHECK(to_json_text(foreign).find(R"("admin_url":null)") != std::string::npos);
  CHECK(must(parse_lab_record(to_json_text(foreign))).services[0].admin_url.empty());
}

TEST_CASE("a damaged record is an error, however it is damaged", "[lab]") {
  const std::string whole = to_json_text(sample_record());
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    CHECK_FALSE(parse_lab_record(whole.substr(0, length)));
  }
  for (const char* text : {"null", "[]", "7", "{}", R"({"pid":"x"})", "\0\0\0\0"}) {
    CHECK_FALSE(parse_lab_record(text));
  }
  std::string no_process = whole;
  no_process.replace(no_process.find("\"pid\":"), 6, "\"pid\":-");
  CHECK_FALSE(parse_lab_record(no_process));
}

TEST_CASE("a process is told from a later one with the same number", "[lab]") {
  ProcessIdentity other_start = ProcessIdentity::own();
  ++other_start.start_ticks;
  CHECK_FALSE(other_start.alive());
  ProcessIdentity other_boot = ProcessIdentity::own();
  other_boot.boot_id = "before";
  CHECK_FALSE(other_boot.alive());
  CHECK_FALSE(ProcessIdentity{}.alive());
}

TEST_CASE("one supervisor holds the lock, and the next is told which", "[lab]") {
  const TempDir home;
  const StateHome state(home.path());
  const StateFolder folder = must(StateFolder::of("default"));
  must(folder.create());
  CHECK_FALSE(folder.locked());
  {
    const http::FileDescriptor lock = must(folder.lock());
    must(folder.write_record(sample_record()));
    CHECK(folder.locked());
    const auto second = folder.lock();
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::lab_failed);
    CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
  }
  CHECK_FALSE(folder.locked());
  CHECK(folder.lock());
}

TEST_CASE("each run has a secret of its own, for one user's eyes", "[lab]") {
  const TempDir home;
  const StateHome state(home.path());
  const StateFolder folder = must(StateFolder::of("default"));
  must(folder.create());
  const std::string first = must(folder.write_new_token());
  CHECK(first.size() == 32);
  CHECK(first.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(must(folder.token()) == first);
  CHECK(permissions(folder.token_file()) == 0600);
  CHECK(must(folder.write_new_token()) != first);

  must(folder.write_record(sample_record()));
  CHECK(folder.record());
  folder.forget_run();
  CHECK_FALSE(folder.record());
  CHECK_FALSE(folder.token());
}

TEST_CASE("data is removed service by service", "[lab]") {
  const TempDir home;
  const StateHome state(home.path());
  const StateFolder folder = must(StateFolder::of("default"));
  must(folder.create());
  must(folder.create_data("user"));
  must(folder.create_data("order"));
  std::ofstream(folder.data("user") / "user.db") << "data";
  must(folder.remove_data("user"));
  CHECK_FALSE(std::filesystem::exists(folder.data("user")));
  CHECK(std::filesystem::exists(folder.data("order")));
}

}  // namespace msdemo::lab
