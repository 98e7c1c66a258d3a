// Who gets in, and what is remembered for those who do not: queue age and the last known answer.
#include "resilience/last_known.hpp"
#include "resilience/queue_age.hpp"
#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using resilience::LastKnown;
using resilience::QueueAge;

TEST_CASE("a burst may wait, a queue that stands may not", "[admission]") {
  QueueAge queue;
  const SteadyTime start(1h);
  CHECK(queue.allowed(0ms, start) == 100ms);
  CHECK(queue.allowed(60ms, start + 10ms) == 100ms);
  CHECK(queue.allowed(60ms, start + 100ms) == 100ms);
  CHECK(queue.allowed(60ms, start + 110ms) == 5ms);
  CHECK(queue.allowed(60ms, start + 150ms) == 5ms);
  CHECK(queue.allowed(5ms, start + 160ms) == 100ms);
  CHECK(queue.allowed(60ms, start + 170ms) == 100ms);
}

TEST_CASE("one late request now and one an hour later are no standing queue", "[admission]") {
  QueueAge queue;
  const SteadyTime start(1h);
  CHECK(queue.allowed(60ms, start) == 100ms);
  CHECK(queue.allowed(60ms, start + 1h) == 100ms);
}

TEST_CASE("the last answer is kept, and of too many the one not used longest goes", "[fallback]") {
  LastKnown names;
  CHECK_FALSE(names.find(1).has_value());
  names.remember(1, "Ada");
  names.remember(1, "Augusta");
  CHECK(names.find(1) == "Augusta");
  for (std::size_t i = 2; i <= limits::kLastKnown; ++i) {
    names.remember(static_cast<std::int64_t>(i), "x");
  }
  CHECK(names.find(1) == "Augusta");
  names.remember(-1, "one more");
  CHECK(names.find(1) == "Augusta");
  CHECK_FALSE(names.find(2).has_value());
}
