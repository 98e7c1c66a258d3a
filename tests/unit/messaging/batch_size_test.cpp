#include "messaging/batch_size.hpp"

#include "support/catch.hpp"

using msdemo::messaging::BatchSize;
using namespace std::chrono_literals;

TEST_CASE("full and fast batches double, up to a limit", "[batch]") {
  BatchSize size;
  std::size_t expected = 1;
  for (int i = 0; i < 12; ++i) {
    CHECK(size.next() == expected);
    size.took(size.next(), 1ms);
    expected = std::min(expected * 2, msdemo::limits::kPrefetch);
  }
  CHECK(size.next() == msdemo::limits::kPrefetch);
}

TEST_CASE("a slow batch shrinks to what fits into the target", "[batch]") {
  BatchSize size;
  for (int i = 0; i < 6; ++i) size.took(size.next(), 1ms);
  CHECK(size.next() == 32);
  size.took(32, 320ms);  // 10 ms each, and 20 ms are the target
  CHECK(size.next() == 2);
  size.took(2, 200ms);
  CHECK(size.next() == 1);
  size.took(1, 1h);
  CHECK(size.next() == 1);
}

TEST_CASE("a batch that fell short says how much there is", "[batch]") {
  BatchSize size;
  for (int i = 0; i < 6; ++i) size.took(size.next(), 1ms);
  size.took(3, 1ms);
  CHECK(size.next() == 3);
  size.took(1, 0ns);
  CHECK(size.next() == 1);
}
