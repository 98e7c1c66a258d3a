#include "faults/faults.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using faults::Faults;

TEST_CASE("latency is what the last fault said, and counts its hits", "[faults]") {
  Faults faults;
  CHECK(faults.latency() == 0us);
  const auto added = faults.add("latency", "100ms").value();
  CHECK(faults.latency() == 100ms);
  CHECK(faults.latency() == 100ms);
  CHECK(faults.list().at(0).hits == 2);

  const auto changed = faults.add("latency", "1.5s").value();
  CHECK(changed.id == added.id);
  CHECK(changed.hits == 2);
  CHECK(faults.list().size() == 1);
  CHECK(faults.latency() == 1500ms);

  faults.add("latency", "0ms").value();
  CHECK(faults.latency() == 0us);
  CHECK(faults.list().at(0).hits == 3);

  CHECK(faults.clear() == 1);
  CHECK(faults.clear() == 0);
  CHECK(faults.latency() == 0us);
}

TEST_CASE("times have a unit and a limit", "[faults]") {
  Faults faults;
  for (const std::string good : {"250us", "0.5ms", "60s", "0s", ".5s"}) {
    CHECK(faults.add("latency", good));
  }
  for (const std::string bad : {"", "100", "ms", "-1ms", "61s", "fast", "1 ms", "infms", "nans",
                                "100ms ", "1e2ms", "-0ms", "1.2.3s"}) {
    const auto refused = faults.add("latency", bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid_field);
    CHECK(refused.error().field == "value");
  }
}

TEST_CASE("an unknown kind or crash point is refused with the ones there are", "[faults]") {
  Faults faults;
  CHECK(faults.add("lateness", "1s").error().message.find("latency") != std::string::npos);
  const auto point = faults.add("crash", "nowhere");
  CHECK(point.error().message.find("before-ack") != std::string::npos);
  CHECK(faults.list().empty());
}

TEST_CASE("without the fault a crash point is passed", "[faults]") {
  Faults faults;
  for (const auto point : faults::crash_points()) faults.reach(point);
  REQUIRE(faults.add("crash", "before-ack"));
  faults.reach("after-commit");
  faults.add("latency", "1ms").value();
  CHECK(faults.latency() == 1ms);
}
