#include "base/text.hpp"

#include "support/catch.hpp"

using namespace msdemo;

TEST_CASE("code points are counted, whatever their length in bytes", "[text]") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("Ada") == 3);
  CHECK(count_code_points("é€😀") == 3);
  CHECK(count_code_points("\xf4\x8f\xbf\xbf") == 1);
}

TEST_CASE("text that is not UTF-8 has no length", "[text]") {
  for (const std::string bad :
       {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xffz"}) {
    CHECK_FALSE(count_code_points(bad).has_value());
  }
}

TEST_CASE("invalid bytes are replaced one by one, valid text stays", "[text]") {
  CHECK(replace_invalid_utf8("a\xff\xfe€", "?") == "a??€");
  CHECK(replace_invalid_utf8("\xe2\x82", "?") == "??");
}

TEST_CASE("control characters are shown, never obeyed", "[text]") {
  CHECK(escape_control("a\nb\tc") == "a\\nb\\tc");
  CHECK(escape_control("\x1b[31mred\x7f") == "\\x1b[31mred\\x7f");
  CHECK(escape_control("\xc2\x85") == "\\u0085");
  CHECK(escape_control("'; DROP TABLE users; --") == "'; DROP TABLE users; --");
  CHECK(escape_control("\xff") == "\xef\xbf\xbd");
}

TEST_CASE("times are written as RFC 3339 in UTC with milliseconds", "[text]") {
  using namespace std::chrono;
  CHECK(format_rfc3339(system_clock::time_point{}) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(system_clock::time_point(milliseconds(1'700'000'000'042))) ==
        "2023-11-14T22:13:20.042Z");
}

TEST_CASE("times of measurements have microseconds and can be read back", "[text]") {
  using namespace std::chrono;
  const system_clock::time_point time(microseconds(1'700'000'000'000'042));
  CHECK(format_rfc3339_us(time) == "2023-11-14T22:13:20.000042Z");
  CHECK(parse_rfc3339_us("2023-11-14T22:13:20.000042Z") == time);
  for (const char* bad : {"", "2023-11-14T22:13:20.042Z", "2023-11-14T22:13:20.00004xZ",
                          "2023-13-14T22:13:20.000042Z", "2023-11-14 22:13:20.000042Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339_us(bad).has_value());
  }
}

TEST_CASE("integers are whole or nothing", "[text]") {
  CHECK(parse_integer("0") == 0);
  CHECK(parse_integer("-7") == -7);
  CHECK(parse_integer("9223372036854775807") == INT64_MAX);
  for (const char* bad : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "abc"}) {
    INFO(bad);
    CHECK_FALSE(parse_integer(bad).has_value());
  }
}

TEST_CASE("the nearest name is the one meant, if any is near", "[base]") {
  const std::vector<std::string> names = {"latency", "error", "drop"};
  CHECK(nearest("latancy", names) == "latency");
  CHECK(nearest("eror", names) == "error");
  CHECK(nearest("flood", names).empty());
  CHECK(nearest("", names).empty());
}
