// Several comparisons in one table, and what is no comparison.
#include "commands/compare_table.hpp"

#include "support/catch.hpp"

namespace msdemo::commands {

namespace {

std::string comparison(const char* sync, const char* async) {
  return std::string(R"({"orders":[],"sync":)") + sync + R"(,"async":)" + async + "}";
}

constexpr const char* kSync = R"({"response_median_ms":2.5,"completion_median_ms":2.5,
    "orders":5,"accepted":5,"completed":5})";
constexpr const char* kAsync = R"({"response_median_ms":0.8,"completion_median_ms":null,
    "orders":5,"accepted":5,"completed":0})";

}  // namespace

TEST_CASE("each comparison is two lines under its name", "[commands]") {
  const auto calm = parse_case("calm", comparison(kSync, kAsync));
  REQUIRE(calm);
  CHECK(format_cases({*calm}) ==
        "CASE  STYLE  CALLER WAITS  WORK DONE  ACCEPTED    DONE\n"
        "calm  sync        2.50 ms    2.50 ms    5 of 5  5 of 5\n"
        "      async        800 µs          -    5 of 5  0 of 5\n");
}

TEST_CASE("what is no comparison is refused with its reason", "[commands]") {
  const auto refused = [](const std::string& text) {
    return parse_case("x", text).error().message;
  };
  CHECK(refused("[]") == "it has no \"sync\"");
  CHECK(refused(comparison(kSync, "1")) == "it has no \"async\"");
  CHECK(refused(comparison(R"({"response_median_ms":"2"})", kAsync)) ==
        "sync.response_median_ms is no number");
  CHECK(refused(comparison(R"({"response_median_ms":2,"completion_median_ms":2})", kAsync)) ==
        "sync.orders is no whole number");
  CHECK_FALSE(parse_case("x", "{"));
}

}  // namespace msdemo::commands
