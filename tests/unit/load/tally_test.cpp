// What became of a load, second by second and all in all.
#include "load/tally.hpp"

#include "support/catch.hpp"

namespace msdemo::load {

using namespace std::chrono_literals;

TEST_CASE("a second has its starts and the ends that came since the one before", "[load]") {
  Tally tally(Pacer(100), 150);
  for (std::size_t k = 0; k < 98; ++k) tally.confirmed(k, 10ms);
  tally.confirmed(98, 500ms);
  tally.failed("upstream-timeout", true);
  const Second first = tally.take_second();
  CHECK(first.number == 1);
  CHECK(first.started == 100);
  CHECK(first.confirmed == 99);
  CHECK(first.failed == 1);
  CHECK(first.most_frequent == "upstream-timeout");
  CHECK(first.p50_ms == 10);
  CHECK(first.p99_ms == 500);

  CHECK_FALSE(tally.pending());
  tally.failed("overloaded", true);
  tally.failed("timeout", false);
  tally.failed("timeout", false);
  CHECK(tally.pending());
  const Second second = tally.take_second();
  CHECK(second.started == 50);
  CHECK(second.confirmed == 0);
  CHECK(second.most_frequent == "timeout");
  CHECK_FALSE(second.p50_ms);
  CHECK(tally.take_second().started == 0);
}

TEST_CASE("the summary counts what was not confirmed as failed, and looks at the end apart",
          "[load]") {
  Tally tally(Pacer(1), 20);
  for (std::size_t k = 15; k < 20; ++k) tally.confirmed(k, 1ms);
  for (int i = 0; i < 3; ++i) tally.failed(kDropped, true);
  for (int i = 0; i < 12; ++i) tally.failed("timeout", false);
  const Summary summary = tally.summary();
  CHECK(summary.orders == 20);
  CHECK(summary.confirmed == 5);
  CHECK(summary.failed == 15);
  CHECK(summary.goodput_percent == 25);
  CHECK(summary.goodput_last_5s_percent == 100);
  REQUIRE(summary.failures.size() == 2);
  CHECK(summary.failures[0].name == "timeout");
  CHECK(summary.failures[0].count == 12);
  CHECK_FALSE(summary.failures[0].definite);
  CHECK(summary.failures[1].name == kDropped);
}

TEST_CASE("a load shorter than five seconds is its own end", "[load]") {
  Tally tally(Pacer(10), 10);
  tally.confirmed(0, 1ms);
  CHECK(tally.summary().goodput_last_5s_percent == 10);
}

}  // namespace msdemo::load
