#include "resilience/bulkhead.hpp"

#include <deque>
#include <memory>

#include "base/rng.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

using namespace msdemo;
using resilience::Bulkhead;

TEST_CASE("a full bulkhead lets nobody in until somebody leaves", "[bulkhead]") {
  Bulkhead bulkhead;
  auto first = std::make_unique<Bulkhead::Place>(bulkhead, 2);
  const Bulkhead::Place second(bulkhead, 2);
  CHECK(second.taken());
  CHECK_FALSE(Bulkhead::Place(bulkhead, 2).taken());
  CHECK(Bulkhead::Place(bulkhead, 3).taken());
  first.reset();
  CHECK(Bulkhead::Place(bulkhead, 2).taken());
  CHECK(bulkhead.inside() == 1);
}

TEST_CASE("a million seeded steps agree with a count", "[bulkhead]") {
  constexpr int kSteps = 1'000'000;
  Rng rng(4713);
  Bulkhead bulkhead;
  std::deque<std::unique_ptr<Bulkhead::Place>> inside;
  int mismatches = 0;
  for (int step = 0; step < kSteps; ++step) {
    const auto limit = static_cast<int>(1 + rng.next() % 8);
    if (rng.next() % 5 < 3) {
      auto place = std::make_unique<Bulkhead::Place>(bulkhead, limit);
      const bool expected = static_cast<int>(inside.size()) < limit;
      mismatches += place->taken() != expected ? 1 : 0;
      if (place->taken()) inside.push_back(std::move(place));
    } else if (!inside.empty()) {
      inside.pop_front();
    }
    mismatches += bulkhead.inside() != static_cast<int>(inside.size()) ? 1 : 0;
  }
  CHECK(mismatches == 0);
}

TEST_CASE("never more inside than the limit, however many threads come", "[bulkhead]") {
  Bulkhead bulkhead;
  std::atomic<int> most = 0;
  test::Threads threads(8, [&](std::size_t) {
    for (int i = 0; i < 50'000; ++i) {
      const Bulkhead::Place place(bulkhead, 3);
      if (!place.taken()) continue;
      const int inside = bulkhead.inside();
      int seen = most;
      while (inside > seen && !most.compare_exchange_weak(seen, inside)) {
      }
    }
  });
  threads.join();
  CHECK(most <= 3);
  CHECK(bulkhead.inside() == 0);
}
