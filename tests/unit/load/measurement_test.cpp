// What a run of the load generator comes to.
#include "load/measurement.hpp"

#include "support/catch.hpp"

namespace msdemo::load {

using namespace std::chrono_literals;

namespace {

constexpr SteadyTime kBegin{1h};

}  // namespace

TEST_CASE("latency counts from the intended start, and from when it was sent", "[load]") {
  Measurement run;
  run.begin(kBegin);
  run.started(kBegin + 1ms, kBegin);
  run.succeeded(kBegin + 51ms, kBegin, kBegin + 41ms);
  run.started(kBegin + 60ms, kBegin + 60ms);
  run.failed(kBegin + 100ms, "timeout", false);
  run.started(kBegin + 60ms, kBegin + 60ms);
  run.failed(kBegin + 100ms, kDropped, true);
  const Outcome outcome = run.finish(kBegin + 80ms);
  CHECK(outcome.started == 3);
  CHECK(outcome.succeeded == 1);
  CHECK(outcome.latency.max() == 51ms);
  CHECK(outcome.latency_uncorrected.max() == 10ms);
  CHECK(outcome.schedule_lag.max() == 1ms);
  CHECK(outcome.failures.size() == 2);
  CHECK(outcome.measured == 100ms);  // the last end came after the schedule's
}

TEST_CASE("the mean of what is outstanding is an integral over time", "[load]") {
  Measurement run;
  run.begin(kBegin);
  run.started(kBegin + 10ms, kBegin + 10ms);
  run.started(kBegin + 25ms, kBegin + 20ms);  // late, but wanted since then
  run.succeeded(kBegin + 30ms, kBegin + 10ms, kBegin + 10ms);
  run.succeeded(kBegin + 50ms, kBegin + 20ms, kBegin + 20ms);
  // 10 ms of 1, 10 of 2, 20 of 1, and nothing in the rest.
  CHECK(run.finish(kBegin + 100ms).mean_outstanding * 100 == 50);
}

TEST_CASE("the same failure is counted apart where it certainly did not happen", "[load]") {
  Measurement run;
  run.begin(kBegin);
  for (int i = 0; i < 3; ++i) {
    run.started(kBegin, kBegin);
    run.failed(kBegin + 1ms, "timeout", i == 0);
  }
  const auto failures = run.finish(kBegin).failures;
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].count == 2);
  CHECK_FALSE(failures[0].definite);
  CHECK(failures[1].count == 1);
  CHECK(failures[1].definite);
}

TEST_CASE("what a run that is left had not ended does not count", "[load]") {
  Measurement run;
  run.begin(kBegin);
  run.started(kBegin, kBegin);
  run.started(kBegin, kBegin);
  run.succeeded(kBegin + 5ms, kBegin, kBegin);
  const Outcome outcome = run.leave(kBegin + 10ms);
  CHECK(outcome.started == 1);
  CHECK(outcome.measured == 10ms);

  Measurement warming_up;
  warming_up.begin(kBegin);
  CHECK(warming_up.leave(kBegin - 1s).measured == 0ms);
}

}  // namespace msdemo::load
