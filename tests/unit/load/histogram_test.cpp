// Latencies in buckets, held against the same values kept and sorted.
#include "load/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/rng.hpp"
#include "support/catch.hpp"

namespace msdemo::load {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

constexpr double kShares[] = {0, 0.01, 0.07, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1};

/// From 1 ns to about 18 minutes, each magnitude as likely as any other.
std::vector<nanoseconds> values_of(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  std::vector<nanoseconds> values;
  while (values.size() < count) values.emplace_back((rng.next() >> (24 + rng.next() % 40)) + 1);
  return values;
}

Histogram recorded(const std::vector<nanoseconds>& values) {
  Histogram histogram;
  for (const nanoseconds value : values) histogram.record(value);
  return histogram;
}

/// The histogram's answers are those of the kept values, within what it promises.
void check_against(const Histogram& histogram, std::vector<nanoseconds> values) {
  std::sort(values.begin(), values.end());
  CHECK(histogram.count() == values.size());
  CHECK(histogram.min() == values.front());
  CHECK(histogram.max() == values.back());
  const nanoseconds sum = std::accumulate(values.begin(), values.end(), 0ns);
  const double mean = static_cast<double>(sum.count()) / static_cast<double>(values.size());
  CHECK(std::abs(histogram.mean_ns() - mean) <= mean * 1e-12);
  for (const double share : kShares) {
    CAPTURE(share, values.size());
    const auto rank = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()) - 1e-6)));
    const nanoseconds exact = values[rank - 1];
    const nanoseconds error = std::chrono::abs(histogram.quantile(share) - exact);
    CHECK(error * 256 <= exact);
    CHECK(histogram.beyond(share) == values.size() - rank);
  }
}

}  // namespace

TEST_CASE("a histogram answers as the sorted values would, within 1/256", "[load]") {
  for (const std::size_t count : {1U, 2U, 99U, 100U, 1000U, 100'000U}) {
    const auto values = values_of(count, count);
    check_against(recorded(values), values);
  }
}

TEST_CASE("merged histograms are that of all their values", "[load]") {
  const auto one = values_of(1, 3000);
  std::vector<nanoseconds> two(500, 3ms);
  Histogram merged = recorded(one);
  merged.merge(recorded(two));
  merged.merge(Histogram());
  std::vector<nanoseconds> all = one;
  all.insert(all.end(), two.begin(), two.end());
  check_against(merged, all);

  Histogram empty;
  empty.merge(recorded(one));
  check_against(empty, one);
}

TEST_CASE("an empty histogram says nothing but 0", "[load]") {
  const Histogram empty;
  CHECK(empty.empty());
  CHECK(empty.min() == 0ns);
  CHECK(empty.max() == 0ns);
  CHECK(empty.mean_ns() == 0);
  CHECK(empty.quantile(0.99) == 0ns);
  CHECK(empty.beyond(0.99) == 0);
}

TEST_CASE("values out of range count as the nearest in it", "[load]") {
  const Histogram histogram = recorded({-5ns, 0ns, 2h});
  CHECK(histogram.min() == 1ns);
  CHECK(histogram.max() == 1h);
  CHECK(histogram.quantile(0.5) == 1ns);
  CHECK(histogram.quantile(1) == 1h);
}

}  // namespace msdemo::load
