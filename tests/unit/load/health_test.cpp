// Whether a run of the load generator can be trusted.
#include "load/health.hpp"

#include "support/catch.hpp"

namespace msdemo::load {

using namespace std::chrono_literals;

namespace {

/// A run of a thousand starts, of which the generator was late with twenty.
Outcome run_with(std::chrono::nanoseconds latency, std::chrono::nanoseconds tail_lag) {
  Outcome outcome{.intended_per_s = 1000, .started = 1000, .succeeded = 1000};
  for (int i = 0; i < 1000; ++i) {
    outcome.latency.record(latency);
    outcome.schedule_lag.record(i < 20 ? tail_lag : 20us);
  }
  return outcome;
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a run is invalid when its schedule lag is long, and long beside the latency", "[load]") {
  const Effort effort{.sent_in_time = 1000, .busy_share = 0.2};
  CHECK(why_invalid(run_with(5ms, 900us), effort).empty());
  CHECK(why_invalid(run_with(100ms, 5ms), effort).empty());
  const std::string why = why_invalid(run_with(20ms, 5ms), effort);
  CHECK(says(why, "p99 of its schedule lag is 5.0"));
  CHECK(says(why, "p99 of the latency 20.0"));
}

TEST_CASE("a rate that is not reached is the generator's fault if it had no time left", "[load]") {
  const Outcome outcome = run_with(20ms, 20us);
  CHECK(why_invalid(outcome, {.sent_in_time = 500, .busy_share = 0.5}).empty());
  CHECK(why_invalid(outcome, {.sent_in_time = 960, .busy_share = 0.99}).empty());
  const std::string why = why_invalid(outcome, {.sent_in_time = 500, .busy_share = 0.99});
  CHECK(says(why, "sent 50 % of 1000 requests/s"));
  CHECK(says(why, "busy 99 %"));
}

TEST_CASE("a run without all its connections is invalid", "[load]") {
  const std::string why =
      why_invalid(run_with(5ms, 20us), {.sent_in_time = 1000,
                                        .busy_share = 0.1,
                                        .not_opened = 7,
                                        .not_opened_because = "Too many open files"});
  CHECK(says(why, "7 of the connections (Too many open files)"));
}

}  // namespace msdemo::load
