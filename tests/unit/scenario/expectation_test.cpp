// What a document may leave open about a command's output, and what it may not.
#include "scenario/expectation.hpp"

#include "support/catch.hpp"
#include "support/must.hpp"

namespace msdemo::scenario {

namespace {

Expectation expecting(const std::vector<std::string>& lines) {
  Expectation all;
  for (const std::string& line : lines) test::must(all.add(line));
  return all;
}

bool fits(const std::vector<std::string>& lines, std::string_view output) {
  return !expecting(lines).compare(output);
}

}  // namespace

TEST_CASE("without an expectation every output is right, with one it has to be the same",
          "[scenario]") {
  CHECK(fits({}, "anything\n"));
  CHECK(fits({"a", "b"}, "a\nb\n"));
  CHECK(fits({"a", "b", ""}, "a  \nb"));
  CHECK_FALSE(fits({"a", "b"}, "a\n"));
  CHECK_FALSE(fits({"a"}, "a\nb\n"));
  CHECK_FALSE(fits({"a"}, ""));
  CHECK_FALSE(fits({"a"}, "A\n"));
}

TEST_CASE("[..] stands for any text of one line", "[scenario]") {
  CHECK(fits({"order [..] confirmed"}, "order 17 confirmed\n"));
  CHECK(fits({"[..]"}, "\n  x\n") == false);
  CHECK(fits({"[..]b[..]b"}, "abcb\n"));
  CHECK_FALSE(fits({"[..]b[..]b"}, "abc\n"));
  CHECK_FALSE(fits({"a[..]b"}, "a\nb\n"));
}

TEST_CASE("columns may be of another width", "[scenario]") {
  CHECK(fits({"DEAD  OLDEST  RATE"}, "DEAD   OLDEST  RATE\n"));
  CHECK(fits({"a    0  [..]  1"}, "a  0    7 s  1\n"));
  CHECK(fits({"a  [<5]  b"}, "a     4      b\n"));
  CHECK_FALSE(fits({"a  b"}, "a b\n"));
  CHECK_FALSE(fits({"a b"}, "a  b\n"));
  CHECK_FALSE(fits({"a  b"}, "ab\n"));
}

TEST_CASE("a line of three dots stands for any lines", "[scenario]") {
  CHECK(fits({"..."}, ""));
  CHECK(fits({"a", "..."}, "a\nb\nc\n"));
  CHECK(fits({"...", "c"}, "a\nb\nc\n"));
  CHECK(fits({"a", "...", "b", "c"}, "a\nb\nx\nb\nc\n"));
  CHECK_FALSE(fits({"a", "...", "d"}, "a\nb\nc\n"));
  CHECK_FALSE(fits({"a ..."}, "a b\n"));
}

TEST_CASE("numbers are read with signs, separators and fractions, and whole", "[scenario]") {
  const auto [number, text, right] = GENERATE(table<const char*, const char*, bool>({
      {"[<20]", "19.9", true},        {"[<20]", "20", false},
      {"[<=20]", "20", true},         {"[>80]", "80", false},
      {"[>=80]", "80", true},         {"[>=1000]", "1,358", true},
      {"[<1000]", "1,358", false},    {"[1000000..2000000]", "1,358,000.5", true},
      {"[0.9..1.1]", "1.02", true},   {"[0.9..1.1]", "1.2", false},
      {"[-3..-1]", "-2", true},       {"[<0]", "+2", false},
      {"[<20]", "many", false},       {"[<20]", "", false},
      {"[..][<20]", "97", false},     {"[..][<20]", "1.5", true},
      {"[..][<20]", "1.25", true},    {"[..][5..5]", "1.5", false},
      {"[..][<400]", "1,358", false}, {"[<20] %", "7 %", true},
      {"[<3],[>3]", "1,5", true},
  }));
  INFO(number << " and " << text);
  CHECK(fits({number}, std::string(text) + "\n") == right);
}

TEST_CASE("brackets that are no placeholder are text", "[scenario]") {
  CHECK(fits({"[1,2] [x] [] [", "{\"a\":[]}"}, "[1,2] [x] [] [\n{\"a\":[]}\n"));
  const char* broken = GENERATE("[<x]", "[>]", "[<=]", "[2..1]", "[..5]", "[..", "[<5");
  INFO(broken);
  Expectation all;
  const auto added = all.add(broken);
  REQUIRE_FALSE(added);
  CHECK(added.error().code == Code::usage);
}

TEST_CASE("the first line that differs is told with both sides", "[scenario]") {
  const auto difference = expecting({"a", "b [<3]", "c"}).compare("a\nb 3\nc\n");
  REQUIRE(difference);
  CHECK(difference->line == 1);
  CHECK(difference->expected == "b [<3]");
  CHECK(difference->actual == "b 3");

  const auto missing = expecting({"a", "b"}).compare("a\n");
  REQUIRE(missing);
  CHECK(missing->expected == "b");
  CHECK_FALSE(missing->actual);

  const auto more = expecting({"a"}).compare("a\nb\n");
  REQUIRE(more);
  CHECK_FALSE(more->expected);
  CHECK(more->actual == "b");
}

TEST_CASE("a line with bars is compared up to the first of them", "[scenario]") {
  const char* row = "order   ├ GET /users/{id}   ·   ▐█2▋░░█▌  ·  766 µs";
  CHECK(fits({row}, "order   ├ GET /users/{id} ░░░░░░░░░▏ 99.1 ms\n"));
  CHECK(fits({row}, "order ├ GET /users/{id} 2▏ 99.1 ms\n"));
  CHECK(fits({row}, "order ├ GET /us… 2▏ 99.1 ms\n"));
  CHECK_FALSE(fits({row}, "order   ├ GET /users ░░░░░░░░░▏ 99.1 ms\n"));
  CHECK_FALSE(fits({row}, "user    ├ GET /users/{id} ░░░░░░░░░▏ 99.1 ms\n"));
  CHECK(fits({"order 7 1██"}, "order 7   ░░1▏ 2 ms\n"));
  // One with a placeholder is what it says, and so is one that begins with a bar.
  CHECK_FALSE(fits({"9 ░░░[..]"}, "9 █░░\n"));
  CHECK_FALSE(fits({"█ own time"}, "█ other time\n"));
}

TEST_CASE("of the line with an axis only that there is one is compared", "[scenario]") {
  CHECK(fits({"            0      0.5     1 ms"}, "             0    20    40    60 us\n"));
  CHECK(fits({"            0   50   100 ms     free in  done in"}, "anything\n"));
  CHECK_FALSE(fits({"            0 of 5 ms"}, "anything\n"));
  CHECK_FALSE(fits({"0      0.5     1 ms"}, "anything\n"));
}

TEST_CASE("three dots in a long output cost no more than its lines", "[scenario]") {
  std::string output;
  for (int i = 0; i < 100'000; ++i) output += "a\n";
  CHECK_FALSE(fits({"...", "a", "...", "a", "...", "b"}, output));
}

}  // namespace msdemo::scenario
