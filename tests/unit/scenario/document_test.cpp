// Markdown into prose and commands.
#include "scenario/document.hpp"

#include "scenario/library.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"

namespace msdemo::scenario {

namespace {

Document parse(std::string_view text) {
  return test::must(parse_document("a.md", text));
}

const Command& command(const Document& document, std::size_t step) {
  return std::get<Command>(document.steps.at(step));
}

}  // namespace

TEST_CASE("console blocks are commands, everything else is prose", "[scenario]") {
  const Document document = parse(
      "# Break it\n"
      "\n"
      "Look:\n"
      "```console\n"
      "$ msdemo ps\n"
      "a\n"
      "\n"
      "$ msdemo order get 9\n"
      "? 1\n"
      "not there\n"
      "```\n"
      "```sh\n"
      "$ not run\n"
      "```\n"
      "done\n");
  CHECK(document.title == "Break it");
  CHECK(document.command_count() == 2);
  REQUIRE(document.steps.size() == 4);
  CHECK(std::get<Prose>(document.steps[0]).text == "# Break it\n\nLook:\n");
  CHECK(command(document, 1).text == "msdemo ps");
  CHECK(command(document, 1).line == 5);
  CHECK(command(document, 1).exit_code == 0);
  CHECK_FALSE(command(document, 1).output.compare("a\n"));
  CHECK(command(document, 1).output.compare("b\n"));
  CHECK(command(document, 2).exit_code == 1);
  CHECK_FALSE(command(document, 2).output.compare("not there\n"));
  CHECK(std::get<Prose>(document.steps[3]).text == "```sh\n$ not run\n```\ndone\n");
}

TEST_CASE("a command goes on after a backslash at the end of its line", "[scenario]") {
  const Document document = parse("```console\n$ echo a \\\n    b\nb\n? 1\n```\n");
  CHECK(command(document, 0).text == "echo a \\\n    b");
  // What is not right behind the command is output.
  CHECK(command(document, 0).exit_code == 0);
  CHECK_FALSE(command(document, 0).output.compare("b\n? 1\n"));
}

TEST_CASE("a command goes on with the lines that a terminal would prompt for", "[scenario]") {
  const Document document =
      parse("```console\n$ cat <<'END'\n> a\n>  b \\\n> END\n? 3\na\n> c\n```\n");
  CHECK(command(document, 0).text == "cat <<'END'\na\n b \\\nEND");
  CHECK(command(document, 0).exit_code == 3);
  CHECK_FALSE(command(document, 0).output.compare("a\n> c\n"));
}

TEST_CASE("fences are closed by their own kind, at least as long", "[scenario]") {
  const Document document = parse("~~~~console\n$ cat\n```\n~~~\n~~~~~\nend\n");
  CHECK_FALSE(command(document, 0).output.compare("```\n~~~\n"));
  CHECK(std::get<Prose>(document.steps[1]).text == "end\n");
}

TEST_CASE("a document that cannot be understood is refused with the line", "[scenario]") {
  const auto [text, where, why] = GENERATE(table<const char*, const char*, const char*>({
      {"a\n```console\n$ ls\n", "a.md:2: ", "not closed"},
      {"```sh\nls\n", "a.md:1: ", "not closed"},
      {"```console\nout\n$ ls\n```\n", "a.md:2: ", "before a command"},
      {"```console\n$ ls\n? no\n```\n", "a.md:3: ", "no exit status"},
      {"```console\n$ ls\n? 256\n```\n", "a.md:3: ", "no exit status"},
      {"```console\n$ ls\na\n[<b]\n```\n", "a.md:4: ", "no placeholder"},
      {"```console\n$ ls \\\n```\n", "a.md:3: ", "backslash"},
  }));
  INFO(text);
  const auto document = parse_document("a.md", text);
  REQUIRE_FALSE(document);
  CHECK(document.error().code == Code::usage);
  CHECK(document.error().message.rfind(where, 0) == 0);
  CHECK(document.error().message.find(why) != std::string::npos);
}

TEST_CASE("every scenario that comes along can be read and starts its lab", "[scenario]") {
  for (const Entry& entry : library()) {
    INFO(entry.file);
    const Document document = parse(entry.text);
    CHECK_FALSE(document.title.empty());
    CHECK(document.command_count() > 5);
    CHECK(entry.text.find("$ msdemo up -d\n") != std::string_view::npos);
  }
}

}  // namespace msdemo::scenario
