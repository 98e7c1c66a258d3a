#include "http/preference.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;
using msdemo::http::format_applied;
using msdemo::http::parse_preferences;

TEST_CASE("preferences are read as RFC 7240 writes them", "[prefer]") {
  CHECK_FALSE(parse_preferences("").respond_async);
  CHECK_FALSE(parse_preferences("").wait);
  for (const char* header :
       {"respond-async", "Respond-Async", " respond-async ; foo=bar",
        "handling=lenient, respond-async", "wait=5,respond-async", "respond-async=\"\""}) {
    CHECK(parse_preferences(header).respond_async);
  }
  for (const char* header : {"wait=5", "WAIT = 5", "wait=\"5\"", "wait=5;x=y",
                             "respond-async, wait=5", "wait=5, wait=9"}) {
    CHECK(parse_preferences(header).wait == 5s);
  }
  CHECK(parse_preferences("wait=0").wait == 0s);
}

TEST_CASE("what cannot be honoured is ignored", "[prefer]") {
  for (const char* header : {"wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "waiting=5", ",,",
                             ";", "=", "wait=\"5"}) {
    CHECK_FALSE(parse_preferences(header).wait);
  }
  CHECK_FALSE(parse_preferences("respond-async=no").respond_async);
  CHECK_FALSE(parse_preferences(R"(foo="a, respond-async, \"b")").respond_async);
  CHECK_FALSE(parse_preferences("respond-asynchronously").respond_async);
}

TEST_CASE("a long wait is shortened, and the answer tells", "[prefer]") {
  const auto preferences = parse_preferences("respond-async, wait=9999");
  CHECK(preferences.wait == 30s);
  CHECK(format_applied(preferences) == "respond-async, wait=30");
  CHECK(format_applied(parse_preferences("wait=7")) == "wait=7");
  CHECK(format_applied({}).empty());
}
