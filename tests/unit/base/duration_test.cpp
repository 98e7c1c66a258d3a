#include "base/duration.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

TEST_CASE("a duration has a unit and a limit", "[base]") {
  CHECK(parse_duration("250us", 60s) == 250us);
  CHECK(parse_duration("0.5ms", 60s) == 500us);
  CHECK(parse_duration("1.5s", 60s) == 1500ms);
  CHECK(parse_duration(".5s", 60s) == 500ms);
  CHECK(parse_duration("60s", 60s) == 60s);
  CHECK(parse_duration("0s", 60s) == 0s);
  for (const char* bad : {"", "100", "ms", "-1ms", "61s", "fast", "1 ms", "infms", "nans", "100ms ",
                          "1e2ms", "-0ms", "1.2.3s", "1,5s"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad, 60s));
  }
}

TEST_CASE("a duration's text is read back as what it was", "[base]") {
  for (const std::chrono::microseconds length : {0us, 1us, 1500us, 100'000us, 1'500'000us}) {
    CHECK(parse_duration(duration_text(length), 60s) == length);
  }
  CHECK(duration_text(10s) == "10s");
  CHECK(duration_text(1500ms) == "1500ms");
}

TEST_CASE("a duration is told in the unit that fits", "[base]") {
  CHECK(format_duration(0us) == "0 ms");
  CHECK(format_duration(250us) == "250 us");
  CHECK(format_duration(100ms) == "100 ms");
  CHECK(format_duration(93'421us) == "93.42 ms");
  CHECK(format_duration(1500ms) == "1.5 s");
  CHECK(format_duration(3600s) == "3600 s");
}
