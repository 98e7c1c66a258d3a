// Columns, cuts and breaks of text in many scripts, and text that tries to do harm.
#include "timeline/text_width.hpp"

#include "support/catch.hpp"

using msdemo::timeline::columns_of;
using msdemo::timeline::fit;
using msdemo::timeline::printable;
using msdemo::timeline::shorten;
using msdemo::timeline::wrap;

TEST_CASE("columns are counted as a terminal shows them", "[timeline]") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("book") == 4);
  CHECK(columns_of("Grüße") == 5);
  CHECK(columns_of("cafe\u0301") == 4);
  CHECK(columns_of("日本語") == 6);
  CHECK(columns_of("한국어") == 6);
  CHECK(columns_of("\U0001F4DA") == 2);
  CHECK(columns_of("שלום") == 4);
  CHECK(columns_of("a\u200bb") == 2);
  CHECK(columns_of("█░┄✗…") == 5);
  CHECK(columns_of("\xff") == 1);
}

TEST_CASE("what would steer the terminal is shown, not obeyed", "[timeline]") {
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("two\nlines") == "two\\nlines");
  CHECK(printable("\u202eesrever") == "\\u202eesrever");
  CHECK(printable("a\u2066b\u2069") == "a\\u2066b\\u2069");
  CHECK(printable("\u2028") == "\xef\xbf\xbd");
  CHECK(printable("\U0010ffff") == "\xef\xbf\xbd");
  CHECK(printable("\xc3(") == "\xef\xbf\xbd(");
  CHECK(printable("naïve 日本 \U0001F4DA") == "naïve 日本 \U0001F4DA");
}

TEST_CASE("text is cut at a column and marked", "[timeline]") {
  CHECK(shorten("order", 5) == "order");
  CHECK(shorten("orders", 5) == "orde…");
  CHECK(shorten("orders", 1) == "…");
  CHECK(shorten("orders", 0).empty());
  CHECK(shorten("orders", -3).empty());
  CHECK(shorten("日本語", 5) == "日本…");
  CHECK(shorten("日本語", 4) == "日…");
  CHECK(shorten("cafe\u0301s", 4) == "caf…");
  CHECK(shorten("cafe\u0301s", 5) == "cafe\u0301s");
}

TEST_CASE("right-to-left text does not reach what follows it", "[timeline]") {
  CHECK(shorten("שלום", 4) == "שלום\u200e");
  CHECK(shorten("שלום", 3) == "של…\u200e");
  CHECK(shorten("مرحبا 1", 9) == "مرحبا 1\u200e");
}

TEST_CASE("text is padded to its column", "[timeline]") {
  CHECK(fit("user", 6) == "user  ");
  CHECK(fit("日本語", 6) == "日本語");
  CHECK(fit("日本語", 4) == "日… ");
  CHECK(fit("שלום", 6) == "שלום\u200e  ");
  for (int columns = 0; columns < 12; ++columns) {
    CHECK(columns_of(fit("a\u0301本\U0001F4DAשה, long", columns)) == columns);
  }
}

TEST_CASE("long text is broken between words", "[timeline]") {
  using Lines = std::vector<std::string>;
  CHECK(wrap("", 10, 3).empty());
  CHECK(wrap("connection refused", 30, 3) == Lines{"connection refused"});
  CHECK(wrap("connection refused", 12, 3) == Lines{"connection", "refused"});
  CHECK(wrap("connection refused", 10, 3) == Lines{"connection", "refused"});
  CHECK(wrap("connection refused by peer", 10, 2) == Lines{"connection", "refused b…"});
  CHECK(wrap("a wait of 1,003 ms", 15, 3) == Lines{"a wait of", "1,003 ms"});
  CHECK(wrap("hit by fault 1 (latency)", 16, 3) == Lines{"hit by fault 1", "(latency)"});
  CHECK(wrap("1 2 3 4 5 6 7 8", 10, 3) == Lines{"1 2 3 4 5", "6 7 8"});
  CHECK(wrap("incomprehensibilities", 10, 3) == Lines{"incomprehe", "nsibilitie", "s"});
  CHECK(wrap("✗ 日本語日本語", 8, 3) == Lines{"✗ 日本語", "日本語"});
}
