// Programs in place of the lab's services: how their command lines are read, and what is refused.
#include "lab/foreign_command.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::lab {

namespace {

using Words = std::vector<std::string>;

Result<ForeignCommand> parse(std::string_view text, const std::string& service = "order") {
  return parse_foreign_command(service, text, "/");
}

Error refusal(std::string_view text, const std::string& service = "order") {
  const auto command = parse(text, service);
  INFO(text);
  REQUIRE_FALSE(command);
  CHECK(command.error().code == Code::usage);
  CHECK_FALSE(command.error().hint.empty());
  return command.error();
}

}  // namespace

TEST_CASE("a command is split as a shell does", "[lab]") {
  CHECK(test::must(parse("env  PORT={port}\tx")).words == Words{"env", "PORT={port}", "x"});
  CHECK(test::must(parse(R"(env 'a b' "c d" e\ f g'h'"i" '' {port})")).words ==
        Words{"env", "a b", "c d", "e f", "ghi", "", "{port}"});
  CHECK(test::must(parse(R"(env 'it"s' "it's" "a\"b\\c\d" '\' {port})")).words ==
        Words{"env", "it\"s", "it's", "a\"b\\c\\d", "\\", "{port}"});
  CHECK(test::must(parse(R"(env '$HOME | > &' \$x {port})")).words ==
        Words{"env", "$HOME | > &", "$x", "{port}"});
}

TEST_CASE("placeholders are filled in wherever they stand", "[lab]") {
  const auto command =
      test::must(parse(R"(env U={user_url}/users --port={port} {port} {"a":1} {})"));
  CHECK(fill_in(command, 8001, "http://127.0.0.1:8000") ==
        Words{"env", "U=http://127.0.0.1:8000/users", "--port=8001", "8001", "{a:1}", "{}"});
}

TEST_CASE("what only a shell could do is refused, and says who can", "[lab]") {
  for (const char* text :
       {"env {port} | cat", "env {port} & ", "env {port}; ls", "env >x {port}", "env <x {port}",
        "env $X {port}", "env `x` {port}", R"(env "$X" {port})", "env (x) {port}"}) {
    const Error error = refusal(text);
    CHECK(error.message.find("without one") != std::string::npos);
    CHECK(error.hint.find("sh -c") != std::string::npos);
  }
  CHECK(refusal("env 'x {port}").message == "--cmd order: a ' is not closed");
  CHECK(refusal("env {port} \"x").message == "--cmd order: a \" is not closed");
  CHECK(refusal("env {port} \\").message == "--cmd order: it ends with a backslash");
}

TEST_CASE("a command must say where it listens, and knows two placeholders", "[lab]") {
  CHECK(refusal("").message == "--cmd order: there is no command");
  CHECK(refusal("  ").message == "--cmd order: there is no command");
  CHECK(refusal("env x").message.find("{port} is missing") != std::string::npos);
  CHECK(refusal("env {port} {prt}").message == "--cmd order: there is no placeholder {prt}");
  CHECK(refusal("env {port} x={order_url}y").message ==
        "--cmd order: there is no placeholder {order_url}");
  CHECK(refusal("env {port} {user_url}", "user").message ==
        "--cmd user: {user_url} would be its own address");
}

TEST_CASE("a program that is not there is refused before anything starts", "[lab]") {
  const test::TempDir folder;
  std::ofstream(folder.path() / "plain") << "no program";
  CHECK(refusal("no-such-program {port}").message ==
        "--cmd order: there is no program no-such-program to run");
  CHECK(refusal("X=1 env {port}").hint.find("env NAME=value") != std::string::npos);
  CHECK_FALSE(parse_foreign_command("user", "./plain {port}", folder.path()));
  std::filesystem::permissions(folder.path() / "plain", std::filesystem::perms::owner_all);
  CHECK(test::must(parse_foreign_command("user", "./plain {port}", folder.path())).folder ==
        folder.path());
  CHECK_FALSE(parse_foreign_command("user", "/ {port}", folder.path()));
}

TEST_CASE("only what answers calls alone can be replaced", "[lab]") {
  CHECK(replaceable("user"));
  CHECK(replaceable("order"));
  CHECK_FALSE(replaceable("broker"));
  CHECK_FALSE(replaceable("notify"));
}

}  // namespace msdemo::lab
