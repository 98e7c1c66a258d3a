// When the starts of a load are.
#include "load/pacer.hpp"

#include <vector>

#include "support/catch.hpp"

namespace msdemo::load {

using namespace std::chrono_literals;

TEST_CASE("a start's time follows from its number alone, so that nothing drifts", "[load]") {
  const Pacer pacer(3);
  CHECK(pacer.start(0) == 0ns);
  CHECK(pacer.start(1) == 333'333'333ns);
  CHECK(pacer.start(3) == 1s);
  CHECK(pacer.start(3'000'000) == 1'000'000s);
  CHECK(Pacer(0.5).start(1) == 2s);
}

TEST_CASE("a time has the starts that come before its end", "[load]") {
  CHECK(Pacer(140).starts_within(1s) == 140);
  CHECK(Pacer(140).starts_within(0s) == 0);
  CHECK(Pacer(0.5).starts_within(1s) == 1);
  CHECK(Pacer(0.5).starts_within(2s) == 1);
  CHECK(Pacer(0.5).starts_within(3s) == 2);
}

TEST_CASE("independent starts keep the rate, and the times between them are exponential",
          "[load]") {
  constexpr double kPerSecond = 1000;
  constexpr std::size_t kStarts = 200'000;
  Rng rng(7);
  PoissonPacer pacer(kPerSecond, rng);
  double last = 0;
  double squares = 0;
  std::size_t above_mean = 0;
  for (std::size_t k = 0; k < kStarts; ++k) {
    const double now = std::chrono::duration<double>(pacer.next()).count();
    const double gap = (now - last) * kPerSecond;
    REQUIRE(gap >= 0);
    squares += gap * gap;
    above_mean += gap > 1 ? 1 : 0;
    last = now;
  }
  // In units of the mean gap: mean 1, mean square 2, and a share of 1/e longer than the mean.
  constexpr double kCount = static_cast<double>(kStarts);
  CHECK(std::abs(last * kPerSecond / kCount - 1) < 0.01);
  CHECK(std::abs(squares / kCount - 2) < 0.05);
  CHECK(std::abs(static_cast<double>(above_mean) / kCount - std::exp(-1)) < 0.005);
}

TEST_CASE("the same seed gives the same starts, another seed others", "[load]") {
  const auto starts = [](std::uint64_t seed) {
    Rng rng(seed);
    PoissonPacer pacer(50, rng);
    std::vector<std::chrono::nanoseconds> all;
    while (all.size() < 100) all.push_back(pacer.next());
    return all;
  };
  CHECK(starts(1) == starts(1));
  CHECK(starts(1) != starts(2));
}

}  // namespace msdemo::load
