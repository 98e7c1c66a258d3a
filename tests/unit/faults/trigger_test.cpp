#include "faults/trigger.hpp"

#include "support/catch.hpp"

using namespace msdemo;
using faults::Trigger;

namespace {

/// The numbers, up to 10, that are hit.
std::vector<int> hit(const Trigger& trigger, std::uint64_t seed = 1) {
  Rng chance(seed);
  std::vector<int> numbers;
  for (int met = 1; met <= 10; ++met) {
    if (trigger.hits(met, chance)) numbers.push_back(met);
  }
  return numbers;
}

int hits_of_many(double percent) {
  Rng chance(42);
  const Trigger trigger{.percent = percent};
  int hits = 0;
  for (int met = 1; met <= 100'000; ++met) hits += trigger.hits(met, chance) ? 1 : 0;
  return hits;
}

}  // namespace

TEST_CASE("numbers say exactly which are hit", "[faults]") {
  CHECK(hit({}).size() == 10);
  CHECK(hit({.nth = {1, 2, 7}}) == std::vector{1, 2, 7});
  CHECK(hit({.first = 2}) == std::vector{1, 2});
  CHECK(hit({.after = 8}) == std::vector{9, 10});
  CHECK(hit({.first = 2, .after = 3}) == std::vector{4, 5});
}

TEST_CASE("a trigger is spent when nothing more can come of it", "[faults]") {
  CHECK_FALSE(Trigger{}.spent(1'000'000));
  CHECK_FALSE(Trigger{.after = 3}.spent(1'000'000));
  CHECK_FALSE(Trigger{.nth = {1, 3}}.spent(2));
  CHECK(Trigger{.nth = {1, 3}}.spent(3));
  CHECK_FALSE(Trigger{.first = 2, .after = 3}.spent(4));
  CHECK(Trigger{.first = 2, .after = 3}.spent(5));
}

TEST_CASE("chance hits as many as it should, and the same again with the same seed", "[faults]") {
  CHECK(std::abs(hits_of_many(20) - 20'000) < 600);
  CHECK(std::abs(hits_of_many(0.5) - 500) < 110);
  CHECK(hits_of_many(100) == 100'000);
  const Trigger half{.percent = 50};
  CHECK(hit(half, 7) == hit(half, 7));
  CHECK(hit(half, 7) != hit(half, 8));
}

TEST_CASE("chance thins only what the numbers leave, and is not asked about the rest", "[faults]") {
  Rng chance(7);
  Rng untouched(7);
  const Trigger trigger{.first = 5, .after = 5, .percent = 50};
  for (int met = 1; met <= 5; ++met) CHECK_FALSE(trigger.hits(met, chance));
  CHECK(chance.next() == untouched.next());
}
