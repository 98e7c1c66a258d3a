#include "base/json.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"

using namespace msdemo;

namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("what is not JSON is refused with a reason", "[json]") {
  for (const char* text : {"", "{", "{\"a\":1", "nonsense", "{\"a\":1}}", "{'a':1}", "[1,]",
                           "\"\\ud800\"", "1e999", "\xff"}) {
    INFO(text);
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Code::malformed_json);
    CHECK_FALSE(parsed.error().message.empty());
  }
}

TEST_CASE("nesting is bounded, also where it would only be noticed at the end", "[json]") {
  CHECK(parse_json(nested(limits::kJsonDepth)));
  CHECK_FALSE(parse_json(nested(limits::kJsonDepth + 1)));
  CHECK_FALSE(parse_json(nested(100'000)));
  CHECK_FALSE(parse_json(std::string(100'000, '[')));
}

TEST_CASE("brackets inside strings do not count as nesting", "[json]") {
  const auto parsed = parse_json(R"({"a":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})");
  REQUIRE(parsed);
  CHECK(parsed->at("a").get<std::string>().size() == 41);
}

TEST_CASE("members keep the order they were written in", "[json]") {
  CHECK(dump_json({{"zebra", 1}, {"ant", 2}}) == R"({"zebra":1,"ant":2})");
}

TEST_CASE("text that is not UTF-8 is written with replacement characters", "[json]") {
  CHECK(dump_json(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
}
