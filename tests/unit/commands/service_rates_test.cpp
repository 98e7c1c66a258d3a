// From two scrapes to rates: what is counted, what is left out, and what is not made up.
#include "commands/service_rates.hpp"

#include <cmath>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace msdemo::commands {

namespace {

/// `text` with `$` for the long name that the histogram of requests has.
ServiceReading reading_of(std::string text) {
  for (auto at = text.find('$'); at != text.npos; at = text.find('$')) {
    text.replace(at, 1, "http_server_request_duration_seconds");
  }
  const auto samples = parse_metrics(text);
  REQUIRE(samples);
  return read_service(*samples, {});
}

/// A reading of the order service after so many answers and calls to its peer.
ServiceReading order_after(std::chrono::milliseconds at, double requests, double failed,
                           PeerReading user = {}) {
  ServiceReading reading{.at = SteadyTime(at), .requests = requests, .failed = failed};
  reading.durations = {{0.01, requests / 2}, {0.1, requests}, {INFINITY, requests}};
  reading.peers["user"] = user;
  return reading;
}

bool nearly(std::optional<double> value, double expected) {
  return value && std::abs(*value - expected) < 1e-9;
}

}  // namespace

TEST_CASE("a scrape becomes a reading", "[commands]") {
  const ServiceReading reading = reading_of(R"(
$_count{method="GET",route="/orders/{id}",status="200"} 7
$_sum{method="GET",route="/orders/{id}",status="200"} 0.7
$_bucket{method="GET",route="/orders/{id}",status="200",le="0.1"} 6
$_bucket{method="GET",route="/orders/{id}",status="200",le="+Inf"} 7
$_count{method="POST",route="/orders",status="503"} 3
$_bucket{method="POST",route="/orders",status="503",le="0.1"} 1
$_bucket{method="POST",route="/orders",status="503",le="+Inf"} 3
msdemo_http_requests_in_flight 4
msdemo_http_requests_queued 5
msdemo_http_requests_shed_total 6
msdemo_outbox_messages 8
msdemo_calls_total{peer="user"} 10
msdemo_call_attempts_total{peer="user"} 14
msdemo_call_attempts_failed_total{peer="user"} 5
msdemo_call_retries_refused_total{peer="user"} 1
msdemo_calls_rejected_total{peer="user"} 2
msdemo_calls_in_flight{peer="user"} 3
msdemo_breaker_state{peer="user"} 1
msdemo_spans_lost 0
)");
  CHECK(reading.requests == 10);
  CHECK(reading.failed == 3);
  CHECK(reading.durations == Buckets{{0.1, 7}, {INFINITY, 10}});
  CHECK(reading.in_flight == 4);
  CHECK(reading.queued == 5);
  CHECK(reading.shed == 6);
  CHECK(reading.outbox == 8);
  REQUIRE(reading.peers.size() == 1);
  const PeerReading& user = reading.peers.at("user");
  CHECK(user.calls == 10);
  CHECK(user.attempts == 14);
  CHECK(user.attempts_failed == 5);
  CHECK(user.retries_refused == 1);
  CHECK(user.rejected == 2);
  CHECK(user.in_flight == 3);
  CHECK(user.breaker == BreakerState::half_open);
}

TEST_CASE("what waits on purpose, and what watching asks itself, is not counted", "[commands]") {
  const ServiceReading reading = reading_of(R"(
$_count{method="POST",route="/groups/{group}/receive",status="200"} 7
$_bucket{method="POST",route="/groups/{group}/receive",status="200",le="+Inf"} 7
$_count{method="GET",route="/queues",status="200"} 5
$_count{method="POST",route="/messages",status="201"} 2
)");
  CHECK(reading.requests == 2);
  CHECK(reading.durations.empty());
}

TEST_CASE("what a service does not tell is unknown, not zero", "[commands]") {
  const ServiceReading reading = reading_of("");
  CHECK_FALSE(reading.in_flight);
  CHECK_FALSE(reading.queued);
  CHECK_FALSE(reading.outbox);
  CHECK(reading.peers.empty());
}

TEST_CASE("rates are per second of the time between two scrapes", "[commands]") {
  const PeerReading user_then{.calls = 100, .attempts = 100, .attempts_failed = 0};
  const PeerReading user_now{.calls = 200,
                             .attempts = 225,
                             .attempts_failed = 25,
                             .retries_refused = 4,
                             .rejected = 6,
                             .in_flight = 9,
                             .breaker = BreakerState::open};
  ServiceReading now = order_after(2500ms, 300, 12, user_now);
  now.shed = 2;
  now.in_flight = 3;
  const ServiceRates rates = rates_between(order_after(500ms, 100, 10, user_then), now);
  CHECK(rates.requests_per_s == 100);
  CHECK(rates.errors == 0.01);
  CHECK(rates.shed_per_s == 1);
  CHECK(rates.in_flight == 3);
  CHECK_FALSE(rates.queued);
  CHECK(rates.availability == 0.99);
  REQUIRE(rates.calls.size() == 1);
  const PeerRates& user = rates.calls.front();
  CHECK(user.peer == "user");
  CHECK(user.breaker == BreakerState::open);
  CHECK(user.calls_per_s == 50);
  CHECK(user.attempts_per_call == 1.25);
  CHECK(user.failed == 0.2);
  CHECK(user.retries_refused_per_s == 2);
  CHECK(user.rejected_per_s == 3);
  CHECK(user.in_flight == 9);
  CHECK(rates.expected == 0.8);
}

TEST_CASE("expected availability is the product of what the callees leave", "[commands]") {
  ServiceReading before{.at = SteadyTime(0ms)};
  ServiceReading after{.at = SteadyTime(1s)};
  after.peers["a"] = {.calls = 10, .attempts = 10, .attempts_failed = 1};
  after.peers["b"] = {.calls = 10, .attempts = 10, .attempts_failed = 2};
  after.peers["idle"] = {};
  CHECK(nearly(rates_between(before, after).expected, 0.9 * 0.8));
}

TEST_CASE("an interval in which nothing happened has no shares", "[commands]") {
  const ServiceReading before = order_after(0ms, 100, 10, {.calls = 5, .attempts = 5});
  ServiceReading after = before;
  after.at += 1s;
  const ServiceRates rates = rates_between(before, after);
  CHECK(rates.requests_per_s == 0);
  CHECK_FALSE(rates.errors);
  CHECK_FALSE(rates.p50_s);
  CHECK_FALSE(rates.p99_s);
  CHECK_FALSE(rates.availability);
  CHECK_FALSE(rates.expected);
  CHECK_FALSE(rates.calls.front().attempts_per_call);
  CHECK_FALSE(rates.calls.front().failed);
}

TEST_CASE("after a restart everything counts from zero", "[commands]") {
  const PeerReading user_then{.calls = 100, .attempts = 120, .attempts_failed = 20};
  const PeerReading user_now{.calls = 130, .attempts = 130, .attempts_failed = 13};
  SECTION("seen by the requests") {
    const ServiceRates rates =
        rates_between(order_after(0ms, 1000, 0, user_then), order_after(1s, 40, 4, user_now));
    CHECK(rates.requests_per_s == 40);
    CHECK(rates.errors == 0.1);
    // Not 30 calls: those counters began anew, too, though they are higher.
    CHECK(rates.calls.front().calls_per_s == 130);
    CHECK(rates.calls.front().failed == 0.1);
  }
  SECTION("seen by the calls") {
    const ServiceRates rates =
        rates_between(order_after(0ms, 10, 0, user_now), order_after(1s, 40, 4, user_then));
    CHECK(rates.requests_per_s == 40);
  }
  SECTION("seen by a callee that is not known any more") {
    ServiceReading after = order_after(1s, 40, 4);
    after.peers.clear();
    CHECK(rates_between(order_after(0ms, 10, 0, user_now), after).requests_per_s == 40);
  }
}

TEST_CASE("percentiles are those of Prometheus' histogram_quantile", "[commands]") {
  const Buckets buckets = {{0.1, 50}, {0.2, 90}, {0.5, 100}, {INFINITY, 100}};
  CHECK(histogram_quantile(buckets, 0.5) == 0.1);
  CHECK(nearly(histogram_quantile(buckets, 0.25), 0.05));  // half of the first bucket
  CHECK(nearly(histogram_quantile(buckets, 0.7), 0.15));   // half of the second
  CHECK(nearly(histogram_quantile(buckets, 0.99), 0.47));  // nine tenths of the third
  CHECK(nearly(histogram_quantile(buckets, 1), 0.5));
}

TEST_CASE("a percentile is not made up beyond the buckets", "[commands]") {
  CHECK_FALSE(histogram_quantile({}, 0.5));
  CHECK_FALSE(histogram_quantile({{0.1, 0}, {INFINITY, 0}}, 0.5));
  CHECK(histogram_quantile({{0.1, 1}, {0.2, 1}, {INFINITY, 100}}, 0.99) == 0.2);
  // Nothing in the first buckets: the quantile is in the one that has something.
  CHECK(nearly(histogram_quantile({{0.1, 0}, {0.2, 10}, {INFINITY, 10}}, 0.5), 0.15));
}

}  // namespace msdemo::commands
