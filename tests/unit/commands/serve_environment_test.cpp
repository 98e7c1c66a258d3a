// What `serve` takes from the environment, and what it tells about it.
#include "commands/serve_environment.hpp"

#include <fstream>

#include "commands/commands.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace msdemo;
using namespace msdemo::commands;

namespace {

/// The program's own `serve`, given these arguments.
class Serve {
 public:
  explicit Serve(std::vector<std::string> arguments = {}) {
    add_serve(app_, program_);
    arguments.insert(arguments.begin(), {"serve", "user"});
    std::reverse(arguments.begin(), arguments.end());
    app_.parse(arguments);
  }
  CLI::App& command() { return *app_.get_subcommand("serve"); }

 private:
  Program program_;
  CLI::App app_;
};

const ServeSetting& setting(const std::vector<ServeSetting>& settings, const std::string& option) {
  for (const ServeSetting& one : settings) {
    if (one.option == option) return one;
  }
  throw std::logic_error("no option " + option);
}

std::string file_with(const test::TempDir& folder, const std::string& name,
                      const std::string& text) {
  const auto path = folder.path() / name;
  std::ofstream(path) << text << "\n";
  return path;
}

}  // namespace

TEST_CASE("a flag counts more than the environment, and that more than the default", "[serve]") {
  Serve serve({"--port", "1"});
  const auto settings = apply_environment(
      serve.command(), {{"MSDEMO_PORT", "2"}, {"MSDEMO_ADMIN_PORT", "3"}, {"MSDEMO_LISTEN", ""}});
  REQUIRE(settings);
  CHECK(setting(*settings, "--port").value == "1");
  CHECK(setting(*settings, "--port").origin == "flag");
  CHECK(setting(*settings, "--admin-port").value == "3");
  CHECK(setting(*settings, "--admin-port").origin == "environment");
  CHECK(setting(*settings, "--listen").value == "127.0.0.1");
  CHECK(setting(*settings, "--listen").origin == "default");
  CHECK(setting(*settings, "--db").variable == "MSDEMO_DB_URL");
}

TEST_CASE("a variable may hold a list, with commas", "[serve]") {
  Serve serve;
  const auto settings =
      apply_environment(serve.command(), {{"MSDEMO_USER_URL", "http://a:1,http://b:2"},
                                          {"MSDEMO_ALLOW_HOST", "a,b"},
                                          {"MSDEMO_BROKER_URL", "kafka://a:1,b:2"}});
  REQUIRE(settings);
  CHECK(serve.command().get_option("--user-url")->results().size() == 2);
  CHECK(serve.command().get_option("--allow-host")->results().size() == 2);
  CHECK(serve.command().get_option("--broker-url")->results().size() == 1);
}

TEST_CASE("secrets come from files and are never shown", "[serve]") {
  const test::TempDir folder;
  const auto url = file_with(folder, "url", "postgresql://u:secret@h/d");
  const auto password = file_with(folder, "password", "se/cr@et");
  Serve serve;
  const auto settings =
      apply_environment(serve.command(), {{"MSDEMO_DB_URL_FILE", url},
                                          {"MSDEMO_DB_PASSWORD_FILE", password},
                                          {"MSDEMO_BROKER_URL", "amqp://u@h"},
                                          {"MSDEMO_BROKER_PASSWORD_FILE", password}});
  REQUIRE(settings);
  CHECK(setting(*settings, "--db").value == "postgresql://u:***@h/d");
  CHECK(setting(*settings, "--db").origin == "file");
  CHECK(setting(*settings, "--broker-url").value == "amqp://u:***@h");
  CHECK(setting(*settings, "--broker-url").origin == "environment");
  // A URL that has a password keeps it.
  CHECK(serve.command().get_option("--db")->results().front() == "postgresql://u:secret@h/d");
  CHECK(serve.command().get_option("--broker-url")->results().front() == "amqp://u:se%2Fcr%40et@h");
  for (const std::string& shown : {format_settings(*settings), to_json(*settings).dump()}) {
    CHECK(shown.find("secret") == std::string::npos);
    CHECK(shown.find("se%2F") == std::string::npos);
  }
}

TEST_CASE("a wrong variable is named, and its password is not repeated", "[serve]") {
  const std::vector<Environment> wrong = {
      {{"MSDEMO_PORT", "many"}},
      {{"MSDEMO_PORT", "70000"}},
      {{"MSDEMO_WAIT_FOR", "soon"}},
      {{"MSDEMO_DURABILITY", "some"}},
      {{"MSDEMO_DB_URL_FILE", "/nowhere"}},
      {{"MSDEMO_DB_URL", "postgresql://u@h"}, {"MSDEMO_DB_PASSWORD_FILE", "/nowhere"}},
      {{"MSDEMO_DB_URL", "postgresql://u:secret@h"}, {"MSDEMO_DB_URL_FILE", "/nowhere"}},
      {{"MSDEMO_CONSUMERS", "amqp://u:secret@h"}},
  };
  for (const Environment& environment : wrong) {
    INFO(environment.begin()->first);
    Serve serve;
    const auto settings = apply_environment(serve.command(), environment);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().code == Code::usage);
    CHECK(settings.error().message.find("MSDEMO_") != std::string::npos);
    CHECK(settings.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("a variable that means nothing is told, with what was meant perhaps", "[serve]") {
  Serve serve;
  const auto notes = unknown_variables(serve.command(), {{"MSDEMO_PROT", "1"},
                                                         {"MSDEMO_ZZZZZZZZ", "1"},
                                                         {"MSDEMO_LAB", "x"},
                                                         {"MSDEMO_TEST_KAFKA", "x"},
                                                         {"MSDEMO_TOKEN_FILE", "x"},
                                                         {"MSDEMO_DB_PASSWORD_FILE", "x"}});
  CHECK(notes ==
        std::vector<std::string>{"MSDEMO_PROT means nothing to msdemo; did you mean MSDEMO_PORT?",
                                 "MSDEMO_ZZZZZZZZ means nothing to msdemo"});
}
