#include "resilience/backoff.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using resilience::full_jitter;

TEST_CASE("full jitter stays within its doubling bound and reaches all of it", "[backoff]") {
  Rng rng(7);
  const std::pair<int, std::chrono::microseconds> bounds[] = {
      {1, 20ms}, {2, 40ms}, {3, 80ms}, {6, 640ms}, {7, 1s}, {100, 1s}, {0, 20ms}};
  for (const auto& [attempt, most] : bounds) {
    std::chrono::microseconds longest(0);
    std::chrono::microseconds shortest(1h);
    for (int i = 0; i < 2000; ++i) {
      const auto wait = full_jitter(attempt, rng, 20ms, 1s);
      longest = std::max(longest, wait);
      shortest = std::min(shortest, wait);
    }
    CHECK(longest <= most);
    CHECK(longest > most * 9 / 10);
    CHECK(shortest < most / 10);
  }
}

TEST_CASE("a seed replays the waits", "[backoff]") {
  Rng a(42);
  Rng b(42);
  for (int attempt = 1; attempt < 20; ++attempt) {
    CHECK(full_jitter(attempt, a) == full_jitter(attempt, b));
  }
}
