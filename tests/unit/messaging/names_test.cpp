#include "messaging/names.hpp"

#include "base/limits.hpp"
#include "support/catch.hpp"

namespace msdemo::test {

using messaging::matches;
using messaging::valid_name;
using messaging::valid_pattern;

TEST_CASE("names of topics and groups", "[broker]") {
  const std::string longest(limits::kTopicBytes, 'a');
  for (const std::string& name :
       {std::string("order.confirmed"), std::string("a-1"), longest, longest + ".dead"}) {
    INFO(name);
    CHECK(valid_name(name));
    CHECK(valid_pattern(name));
  }
  for (const std::string& name :
       {std::string(), std::string("A"), std::string("a b"), std::string("ž"), std::string(".dead"),
        longest + "a", longest + "a.dead", std::string("a_b")}) {
    INFO(name);
    CHECK_FALSE(valid_name(name));
    CHECK_FALSE(valid_pattern(name));
  }
}

TEST_CASE("a wildcard is a whole word", "[broker]") {
  for (const char* pattern : {"*", "order.*", "*.confirmed", "a.*.b", "*.*", "*.dead"}) {
    INFO(pattern);
    CHECK(valid_pattern(pattern));
    CHECK_FALSE(valid_name(pattern));
  }
  for (const char* pattern : {"order*", "**", "a.b*.c", "*a"}) {
    INFO(pattern);
    CHECK_FALSE(valid_pattern(pattern));
  }
}

TEST_CASE("which topics a pattern stands for", "[broker]") {
  CHECK(matches("order.confirmed", "order.confirmed"));
  CHECK(matches("order.*", "order.confirmed"));
  CHECK(matches("*.*", "order.confirmed"));
  CHECK(matches("*.confirmed", "order.confirmed"));
  CHECK_FALSE(matches("order.*", "order"));
  CHECK_FALSE(matches("order.*", "order.item.added"));
  CHECK_FALSE(matches("*", "order.confirmed"));
  CHECK_FALSE(matches("order", "order.confirmed"));
  CHECK_FALSE(matches("order.confirmed", "order"));

  CHECK_FALSE(matches("order.*", "order.confirmed.dead"));
  CHECK_FALSE(matches("order.*", "order.dead"));
  CHECK_FALSE(matches("*.*.*", "order.confirmed.dead"));
  CHECK(matches("order.confirmed.dead", "order.confirmed.dead"));
  CHECK(matches("order.*.dead", "order.confirmed.dead"));
}

}  // namespace msdemo::test
