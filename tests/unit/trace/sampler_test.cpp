#include "trace/sampler.hpp"

#include "support/catch.hpp"
#include "support/manual_clock.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using trace::Sampler;

namespace {

int taken(Sampler& sampler, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += sampler.sample(0) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("the bucket lets a burst of 100 through and then 20 a second", "[trace]") {
  test::ManualClock clock;
  Sampler sampler(clock);
  CHECK(taken(sampler, 1000) == 100);
  clock.advance(1s);
  CHECK(taken(sampler, 1000) == 20);
  clock.advance(25ms);
  CHECK(taken(sampler, 1000) == 0);
  clock.advance(25ms);
  CHECK(taken(sampler, 1000) == 1);
  clock.advance(1h);
  CHECK(taken(sampler, 1000) == 100);
}

TEST_CASE("the other rules decide by name", "[trace]") {
  test::ManualClock clock;
  Sampler always(clock, Sampler::Rule::always);
  Sampler never(clock, Sampler::Rule::never);
  Sampler quarter(clock, Sampler::Rule::ratio, 0.25);
  CHECK(taken(always, 1000) == 1000);
  CHECK(taken(never, 1000) == 0);
  CHECK(quarter.sample(0x3fff'ffff'ffff'0000));
  CHECK_FALSE(quarter.sample(0x4000'0000'0000'0000));
}

TEST_CASE("the standard variable's values are understood, others are refused", "[trace]") {
  CHECK(Sampler::rule_named("").value() == Sampler::Rule::bucket);
  CHECK(Sampler::rule_named("always_on").value() == Sampler::Rule::always);
  CHECK(Sampler::rule_named("parentbased_always_off").value() == Sampler::Rule::never);
  CHECK(Sampler::rule_named("parentbased_traceidratio").value() == Sampler::Rule::ratio);
  CHECK(Sampler::rule_named("sometimes").error().code == Code::usage);
}
