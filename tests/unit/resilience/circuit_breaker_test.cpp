#include "resilience/circuit_breaker.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "base/rng.hpp"
#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using resilience::BreakerOptions;
using resilience::BreakerState;
using resilience::CallResult;
using resilience::CircuitBreaker;

namespace {

/// Makes a call that takes no time; false if the breaker did not let it through.
bool call(CircuitBreaker& breaker, CallResult result, SteadyTime now,
          std::chrono::nanoseconds took = 0ns) {
  const auto permit = breaker.acquire(now);
  if (permit) breaker.record(*permit, result, took, now);
  return permit.has_value();
}

/// The contract once more, as slow and plain as it can be: it remembers everything and counts anew
/// each time.
class PlainBreaker {
 public:
  explicit PlainBreaker(const BreakerOptions& options) : options_(options) {}

  BreakerState state(SteadyTime now) const {
    if (state_ == BreakerState::open && now >= opened_ + options_.open) {
      return BreakerState::half_open;
    }
    return state_;
  }

  bool acquire(int call, SteadyTime now) {
    if (state(now) != state_) enter(state(now), now);
    if (state_ == BreakerState::open) return false;
    if (state_ == BreakerState::half_open && back_.size() + out_.size() >= options_.probes) {
      return false;
    }
    out_[call] = true;
    return true;
  }

  void record(int call, CallResult result, bool slow, SteadyTime now) {
    if (out_.erase(call) == 0 || result == CallResult::ignored) return;
    back_.emplace_back(result == CallResult::failure, slow);
    const bool probing = state_ == BreakerState::half_open;
    if (!probing && back_.size() > options_.window) back_.pop_front();
    if (!probing && back_.size() < options_.minimum) return;
    const double of =
        probing ? static_cast<double>(options_.probes) : static_cast<double>(back_.size());
    const auto share = [&](auto bad) {
      return static_cast<double>(std::count_if(back_.begin(), back_.end(), bad)) / of;
    };
    if (share([](auto mark) { return mark.first; }) >= options_.failures ||
        share([](auto mark) { return mark.second; }) >= options_.failures) {
      enter(BreakerState::open, now);
    } else if (probing && back_.size() == options_.probes) {
      enter(BreakerState::closed, now);
    }
  }

 private:
  void enter(BreakerState state, SteadyTime now) {
    if (state == BreakerState::open) opened_ = now;
    state_ = state;
    back_.clear();
    out_.clear();
  }

  const BreakerOptions options_;
  BreakerState state_ = BreakerState::closed;
  std::deque<std::pair<bool, bool>> back_;  ///< failed, slow
  std::map<int, bool> out_;                 ///< calls of this state that are under way
  SteadyTime opened_{};
};

}  // namespace

TEST_CASE("the breaker judges from its minimum on, and says why it did not before", "[breaker]") {
  CircuitBreaker breaker(BreakerOptions{});
  const SteadyTime now(1h);
  for (int i = 0; i < 3; ++i) call(breaker, CallResult::failure, now);
  call(breaker, CallResult::success, now);
  CHECK(breaker.explain(now) == "closed: 3 of 4 calls failed, but it judges from 10");
  for (int i = 0; i < 5; ++i) call(breaker, CallResult::failure, now);
  CHECK(breaker.state(now) == BreakerState::closed);
  call(breaker, CallResult::failure, now);
  CHECK(breaker.state(now) == BreakerState::open);
  CHECK(breaker.explain(now + 1s) == "open for another 4000 ms: 9 of 10 calls failed");
  CHECK_FALSE(call(breaker, CallResult::success, now + 4999ms));
}

TEST_CASE("an open breaker probes, and closes or opens by what comes back", "[breaker]") {
  CircuitBreaker breaker(BreakerOptions{.window = 2, .minimum = 2, .probes = 3});
  const SteadyTime now(1h);
  for (int i = 0; i < 2; ++i) call(breaker, CallResult::failure, now);
  const SteadyTime later = now + 5s;
  CHECK(breaker.state(later) == BreakerState::half_open);
  const auto first = breaker.acquire(later);
  const auto second = breaker.acquire(later);
  const auto third = breaker.acquire(later);
  REQUIRE(third.has_value());
  CHECK_FALSE(breaker.acquire(later).has_value());
  CHECK_FALSE(breaker.record(*first, CallResult::failure, 0ns, later));
  CHECK(breaker.record(*second, CallResult::failure, 0ns, later));
  CHECK(breaker.state(later) == BreakerState::open);
  CHECK_FALSE(breaker.record(*third, CallResult::success, 0ns, later));

  const SteadyTime again = later + 5s;
  for (int i = 0; i < 3; ++i) CHECK(call(breaker, CallResult::success, again));
  CHECK(breaker.state(again) == BreakerState::closed);
  CHECK(breaker.explain(again) == "closed: 0 of 0 calls failed, but it judges from 2");
}

TEST_CASE("slow calls open it as failed ones do, if any call counts as slow", "[breaker]") {
  CircuitBreaker breaker(BreakerOptions{.window = 4, .minimum = 4, .slow = 100ms});
  const SteadyTime now(1h);
  call(breaker, CallResult::success, now, 100ms);
  call(breaker, CallResult::success, now, 99ms);
  call(breaker, CallResult::success, now, 99ms);
  CHECK(breaker.explain(now) ==
        "closed: 0 of 3 calls failed and 1 were slow, but it judges from 4");
  call(breaker, CallResult::success, now, 1s);
  CHECK(breaker.state(now) == BreakerState::open);

  breaker.reset(BreakerOptions{.window = 4, .minimum = 4});
  for (int i = 0; i < 10; ++i) call(breaker, CallResult::success, now, 1h);
  CHECK(breaker.state(now) == BreakerState::closed);
}

TEST_CASE("a callee that sheds load is well: its answers open nothing", "[breaker]") {
  CircuitBreaker breaker(BreakerOptions{});
  const SteadyTime now(1h);
  for (int i = 0; i < 100; ++i) call(breaker, CallResult::ignored, now);
  CHECK(breaker.explain(now) == "closed: 0 of 0 calls failed, but it judges from 10");
}

TEST_CASE("a million seeded steps agree with a plain breaker", "[breaker]") {
  constexpr int kSteps = 1'000'000;
  constexpr int kStepsPerSetup = 20'000;
  Rng rng(4711);
  const auto below = [&](std::uint64_t bound) { return static_cast<int>(rng.next() % bound); };
  int mismatches = 0;
  std::map<BreakerState, int> seen;
  for (int step = 0; step < kSteps;) {
    BreakerOptions options{.window = 1 + rng.next() % 30, .minimum = 1 + rng.next() % 30};
    options.failures = (1 + below(100)) / 100.0;
    if (below(2) == 0) options.slow = 50ms;
    options.open = std::chrono::milliseconds(1 + below(500));
    options.probes = 1 + rng.next() % 6;
    const int failing = 1 + below(9);
    CircuitBreaker breaker(options);
    PlainBreaker plain(options);
    std::vector<std::pair<int, CircuitBreaker::Permit>> under_way;
    SteadyTime now(1h);
    for (int i = 0; i < kStepsPerSetup; ++i, ++step) {
      now += std::chrono::microseconds(below(2000));
      if (below(2) == 0 || under_way.empty()) {
        const auto permit = breaker.acquire(now);
        mismatches += permit.has_value() != plain.acquire(i, now) ? 1 : 0;
        if (permit) under_way.emplace_back(i, *permit);
      } else {
        const std::size_t at = rng.next() % under_way.size();
        const auto result = below(10) < failing ? CallResult::failure
                            : below(10) == 0    ? CallResult::ignored
                                                : CallResult::success;
        const auto took = std::chrono::milliseconds(below(100));
        const BreakerState before = breaker.state(now);
        const bool changed = breaker.record(under_way[at].second, result, took, now);
        plain.record(under_way[at].first, result, options.slow && took >= *options.slow, now);
        mismatches += changed != (before != breaker.state(now)) ? 1 : 0;
        under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(at));
      }
      mismatches += breaker.state(now) != plain.state(now) ? 1 : 0;
      ++seen[breaker.state(now)];
    }
  }
  CHECK(mismatches == 0);
  for (const auto state : {BreakerState::closed, BreakerState::half_open, BreakerState::open}) {
    CHECK(seen[state] > kSteps / 100);
  }
}
