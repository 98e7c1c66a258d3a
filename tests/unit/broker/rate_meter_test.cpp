#include "broker/rate_meter.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace msdemo::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a steady rate is told after a while, and forgotten after a while", "[broker]") {
  broker::RateMeter meter;
  SteadyTime now{std::chrono::hours(24)};
  CHECK(meter.per_second(now) == 0);
  for (int i = 0; i < 300; ++i) {
    now += milliseconds(100);
    meter.count(20, now);
  }
  CHECK(std::lround(meter.per_second(now) / 10) == 20);
  CHECK(std::lround(meter.per_second(now + seconds(5)) / 10) == 7);  // e times less
  CHECK(meter.per_second(now + seconds(60)) < 0.01);
}

}  // namespace msdemo::test
