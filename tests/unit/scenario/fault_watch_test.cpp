// Whether the faults of a scenario landed.
#include "scenario/fault_watch.hpp"

#include "support/catch.hpp"

namespace msdemo::scenario {

namespace {

faults::Fault fault(std::int64_t id, const char* kind, const char* value, std::int64_t hits) {
  faults::Fault one;
  one.id = id;
  one.spec.kind = kind;
  one.spec.value = value;
  one.hits = hits;
  return one;
}

}  // namespace

TEST_CASE("a fault has to hit at least once while somebody looks", "[scenario]") {
  FaultWatch watch;
  watch.see("user", 10, 0, std::vector{fault(1, "latency", "1s", 0), fault(2, "error", "500", 0)});
  CHECK(watch.missed().size() == 2);
  watch.see("user", 10, 0, std::vector{fault(1, "latency", "1s", 3), fault(2, "error", "500", 0)});
  watch.see("user", 10, 0, {});
  CHECK(watch.missed() == std::vector<std::string>{"fault 2 of user (error=500)"});
}

TEST_CASE("a fault that got another value, or the next process, starts anew", "[scenario]") {
  FaultWatch watch;
  watch.see("user", 10, 0, std::vector{fault(1, "latency", "1s", 3)});
  watch.see("user", 10, 0, std::vector{fault(1, "latency", "2s", 0)});
  watch.see("user", 11, 1, std::vector{fault(1, "latency", "1s", 0)});
  CHECK(watch.missed() ==
        std::vector<std::string>{"fault 1 of user (latency=2s)", "fault 1 of user (latency=1s)"});
}

TEST_CASE("a crash landed when its service was started again", "[scenario]") {
  FaultWatch watch;
  watch.see("order", 10, 2, std::vector{fault(1, "crash", "before-ack", 0)});
  CHECK(watch.missed_a_crash());
  watch.see("user", 20, 3, std::vector{fault(1, "latency", "1s", 0)});
  CHECK(watch.missed().size() == 2);
  watch.see("order", 11, 2, {});  // stopped and started by somebody
  CHECK(watch.missed_a_crash());
  watch.see("order", 12, 3, {});
  CHECK_FALSE(watch.missed_a_crash());
  CHECK(watch.missed().size() == 1);
}

}  // namespace msdemo::scenario
