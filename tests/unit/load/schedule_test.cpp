// Which starts a plan wants.
#include "load/schedule.hpp"

#include <vector>

#include "support/catch.hpp"

namespace msdemo::load {

using namespace std::chrono_literals;

namespace {

constexpr SteadyTime kBegin{1h};

std::vector<Start> all_of(const Plan& plan) {
  Schedule schedule(plan, kBegin);
  std::vector<Start> all;
  for (; schedule.next(); schedule.advance()) all.push_back(*schedule.next());
  CHECK(schedule.over(kBegin));
  return all;
}

}  // namespace

TEST_CASE("an open loop starts as long as its time lasts, and measures after the warm-up",
          "[load]") {
  const auto all = all_of({.rate_per_s = 10, .warmup = 200ms, .duration = 300ms});
  REQUIRE(all.size() == 5);
  CHECK(all[1].number == 1);
  CHECK(all[1].intended == kBegin + 100ms);
  CHECK_FALSE(all[1].measured);
  CHECK(all[2].measured);
  CHECK(all[4].intended == kBegin + 400ms);
}

TEST_CASE("a count of starts comes after the warm-up, however long it takes", "[load]") {
  const auto all = all_of({.rate_per_s = 10, .warmup = 200ms, .count = 30});
  REQUIRE(all.size() == 32);
  CHECK(all.back().intended == kBegin + 3100ms);
}

TEST_CASE("independent starts come at the plan's rate, the same for the same seed", "[load]") {
  const Plan plan{.arrivals = Arrivals::poisson, .rate_per_s = 1000, .duration = 10s, .seed = 3};
  const auto all = all_of(plan);
  CHECK(all.size() > 9500);
  CHECK(all.size() < 10'500);
  CHECK(all.back().intended < kBegin + 10s);
  CHECK(all_of(plan).back().intended == all.back().intended);
}

TEST_CASE("a closed loop starts when it is asked, until its time or count is over", "[load]") {
  const Plan timed{.loop = Loop::closed, .warmup = 1s, .duration = 1s};
  Schedule schedule(timed, kBegin);
  CHECK_FALSE(schedule.next());
  CHECK_FALSE(schedule.start_at(kBegin)->measured);
  CHECK(schedule.start_at(kBegin + 1s)->measured);
  CHECK_FALSE(schedule.over(kBegin + 1999ms));
  CHECK_FALSE(schedule.start_at(kBegin + 2s));
  CHECK(schedule.over(kBegin + 2s));

  const Plan counted{.loop = Loop::closed, .count = 2};
  Schedule two(counted, kBegin);
  CHECK(two.start_at(kBegin)->number == 0);
  CHECK(two.start_at(kBegin)->number == 1);
  CHECK_FALSE(two.start_at(kBegin));
  CHECK(two.over(kBegin));
}

}  // namespace msdemo::load
