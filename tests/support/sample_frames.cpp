#include "support/sample_frames.hpp"

namespace msdemo::test {

namespace {

using commands::BreakerState;
using commands::ServiceRates;
using commands::WatchedService;
using commands::WatchFrame;
using lab::ServiceState;
using namespace std::chrono_literals;

constexpr SystemTime kBegan(std::chrono::hours(24 * 365 * 50));

ServiceRates rates(double requests_per_s, double p50_s, double p99_s) {
  return {.requests_per_s = requests_per_s,
          .errors = 0,
          .p50_s = p50_s,
          .p99_s = p99_s,
          .in_flight = 1,
          .queued = 0,
          .availability = 1};
}

ServiceRates idle() {
  return {.in_flight = 0, .queued = 0};
}

messaging::QueueState queue(std::string topic, std::string group, std::int64_t ready) {
  return {.topic = std::move(topic),
          .group = std::move(group),
          .ready = ready,
          .oldest_age_ms = ready > 0 ? std::optional<std::int64_t>(40) : std::nullopt};
}

}  // namespace

WatchFrame calm_frame() {
  ServiceRates order = rates(99.7, 0.0031, 0.0094);
  order.outbox = 0;
  order.expected = 1;
  order.calls = {{.peer = "user", .calls_per_s = 99.7, .attempts_per_call = 1, .failed = 0}};
  return {.at = kBegan,
          .took = 1000ms,
          .services = {{.service = "user", .rates = rates(99.7, 0.0004, 0.0024)},
                       {.service = "order", .rates = order},
                       {.service = "broker", .rates = rates(412.4, 0.0012, 0.0049)},
                       {.service = "notify", .rates = idle()}},
          .queues = {
              {queue("order.confirmed", "notify", 0), queue("user.lookup.requested", "user", 0)}}};
}

WatchFrame troubled_frame() {
  ServiceRates user = rates(1250, 0.0004, 0.25);
  user.errors = 0.25;
  user.availability = 0.75;
  user.shed_per_s = 83.3;
  user.in_flight = 256;
  user.queued = 4096;
  ServiceRates order = rates(1041.7, 0.012, 0.48);
  order.errors = 0.0004;
  order.availability = 0.99951;
  order.expected = 0.8;
  order.in_flight = 12;
  order.outbox = 1500;
  order.calls = {{.peer = "user",
                  .in_flight = 12,
                  .calls_per_s = 1041.7,
                  .attempts_per_call = 1.2,
                  .failed = 0.2,
                  .retries_refused_per_s = 3.5}};
  return {.at = kBegan + 1s,
          .took = 1001ms,
          .services = {{.service = "user", .rates = user},
                       {.service = "order", .rates = order},
                       {.service = "broker", .state = ServiceState::paused, .problem = "paused"},
                       {.service = "notify",
                        .problem = "does not tell how it is: it did not answer within 250 ms, and "
                                   "nobody knows why \x1b[2J"}}};
}

WatchFrame open_breaker_frame() {
  WatchFrame frame = calm_frame();
  frame.queues = {{queue("order.confirmed", "notify", 17),
                   queue("user.lookup.requested", "user", 40213),
                   queue("user.lookup.replied", "order", 3), queue("nobody.listens", "", 9)}};
  ServiceRates& order = *frame.services.at(1).rates;
  order.errors = 0.986;
  order.availability = 0.014;
  order.expected = 0.5;
  order.calls.front() = {.peer = "user",
                         .breaker = BreakerState::open,
                         .calls_per_s = 99.7,
                         .attempts_per_call = 0.03,
                         .failed = 0.5,
                         .rejected_per_s = 96.5};
  return frame;
}

std::vector<WatchFrame> rising_load() {
  std::vector<WatchFrame> frames;
  for (int i = 0; i < 20; ++i) {
    WatchFrame frame = calm_frame();
    for (WatchedService& service : frame.services) service.rates->requests_per_s *= i * 0.05;
    if (i == 7) frame.services.front().rates.reset();
    frames.push_back(std::move(frame));
  }
  frames.push_back(open_breaker_frame());
  return frames;
}

}  // namespace msdemo::test
