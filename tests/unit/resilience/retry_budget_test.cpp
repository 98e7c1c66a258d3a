#include "resilience/retry_budget.hpp"

#include <deque>

#include "base/rng.hpp"
#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using resilience::RetryBudget;

TEST_CASE("three retries are free, then a fifth of the calls", "[budget]") {
  RetryBudget budget;
  const SteadyTime now(1h);
  for (int i = 0; i < 3; ++i) CHECK(budget.spend(0.2, now));
  CHECK_FALSE(budget.spend(0.2, now));
  for (int i = 0; i < 19; ++i) budget.call(now);
  CHECK_FALSE(budget.spend(0.2, now));
  budget.call(now);
  CHECK(budget.spend(0.2, now));
  CHECK_FALSE(budget.spend(0.2, now));
  CHECK(budget.count(now).calls == 20);
  CHECK(budget.count(now).retries == 4);
}

TEST_CASE("what was spent ten seconds ago is forgotten", "[budget]") {
  RetryBudget budget;
  const SteadyTime now(1h);
  for (int i = 0; i < 3; ++i) budget.spend(0.2, now);
  CHECK_FALSE(budget.spend(0.2, now + 9s));
  CHECK(budget.spend(0.2, now + 10s));
}

TEST_CASE("a million seeded steps agree with a list of everything", "[budget]") {
  constexpr int kSteps = 1'000'000;
  Rng rng(4712);
  RetryBudget budget;
  struct Spent {
    std::int64_t second;
    bool retry;
  };
  std::deque<Spent> all;
  std::int64_t calls = 0;
  std::int64_t retries = 0;
  std::int64_t elapsed_us = 3'600'000'000;
  int mismatches = 0;
  int refused = 0;
  for (int step = 0; step < kSteps; ++step) {
    // Bursts, and now and then a silence that outlasts the window.
    elapsed_us +=
        rng.next() % 100'000 == 0 ? 12'000'000 : static_cast<std::int64_t>(rng.next() % 20'000);
    const SteadyTime now{std::chrono::microseconds(elapsed_us)};
    const std::int64_t second = elapsed_us / 1'000'000;
    while (!all.empty() && all.front().second <= second - 10) {
      --(all.front().retry ? retries : calls);
      all.pop_front();
    }
    if (rng.next() % 2 == 0) {
      budget.call(now);
      all.push_back({second, false});
      ++calls;
      continue;
    }
    const bool expected = retries + 1 <= 3 || (retries + 1) * 5 <= calls;
    mismatches += budget.spend(0.2, now) != expected ? 1 : 0;
    if (!expected) {
      ++refused;
      continue;
    }
    all.push_back({second, true});
    ++retries;
  }
  CHECK(mismatches == 0);
  CHECK(refused > kSteps / 10);
}
