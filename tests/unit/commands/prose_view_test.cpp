// Markdown for a terminal, with colour and without.
#include "commands/prose_view.hpp"

#include "support/catch.hpp"

namespace msdemo::commands {

namespace {

std::string plain(std::string_view markdown, int columns = 40) {
  return render_prose(markdown, "docs/tutorial", columns, false);
}

}  // namespace

TEST_CASE("paragraphs are wrapped and blocks are kept", "[tutorial]") {
  CHECK(plain("one two\nthree four five\n", 13) == "one two three\nfour five\n");
  CHECK(plain("a\n\n```\n  x   y\n\nz\n```\nb\n") == "a\n\n    x   y\n\n  z\n\nb\n");
  CHECK(plain("a very-long-word-that-fits-nowhere b", 10) ==
        "a\nvery-long-word-that-fits-nowhere\nb\n");
}

TEST_CASE("headings are underlined", "[tutorial]") {
  CHECK(plain("# 1. Größe\ntext\n## More\n") == "1. Größe\n════════\n\ntext\n\nMore\n────\n");
}

TEST_CASE("items hang, and stay together", "[tutorial]") {
  CHECK(plain("- one two three\n  four\n- five\n\n10. six seven eight\n", 12) ==
        "- one two\n  three four\n- five\n\n10. six\n    seven\n    eight\n");
}

TEST_CASE("emphasis keeps its marks where there is no colour", "[tutorial]") {
  CHECK(plain("**Predict:** `x` is *not* 3 * 4") == "**Predict:** `x` is *not* 3 * 4\n");
  CHECK(render_prose("**Now go** `x` *on*", "", 40, true) ==
        "\x1b[1mNow\x1b[0m \x1b[1mgo\x1b[0m \x1b[1m`x`\x1b[0m \x1b[1mon\x1b[0m\n");
  CHECK(render_prose("**wide words** here", "", 10, true) ==
        "\x1b[1mwide\x1b[0m \x1b[1mwords\x1b[0m\nhere\n");
}

TEST_CASE("links tell where they lead", "[tutorial]") {
  CHECK(plain("[server/run.cpp](../../server/run.cpp)") == "server/run.cpp\n");
  CHECK(plain("[why](../reference/why.md)") == "why (docs/reference/why.md)\n");
  CHECK(plain("[RFC](https://a.org/b)") == "RFC (https://a.org/b)\n");
  CHECK(plain("![a call](call.svg)") == "a call (docs/tutorial/call.svg)\n");
  CHECK(plain("a [bracket] and ! too") == "a [bracket] and ! too\n");
}

TEST_CASE("a table that does not fit is told row by row", "[tutorial]") {
  constexpr std::string_view kTable = "| status | says |\n|---|---|\n| 2xx | done and well |\n";
  CHECK(plain(kTable) == "status  says\n2xx     done and well\n");
  CHECK(plain(kTable, 16) == "- 2xx: says done\n  and well\n");
}

TEST_CASE("comments are left out", "[tutorial]") {
  CHECK(plain("a\n\n<!-- needs: curl -->\n\nb\n") == "a\n\nb\n");
}

}  // namespace msdemo::commands
