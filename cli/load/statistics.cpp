#include "load/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/rng.hpp"

namespace msdemo::load {

namespace {

constexpr double kAlpha = 0.05;

/// Above this many values in both samples together the approximation is as good.
constexpr std::size_t kExactMax = 60;

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> all(values.begin(), values.end());
  std::sort(all.begin(), all.end());
  return all;
}

/// How many ways there are to choose `k` of `n`.
double choose(std::size_t n, std::size_t k) {
  double ways = 1;
  for (std::size_t i = 1; i <= k; ++i) {
    ways *= static_cast<double>(n - k + i) / static_cast<double>(i);
  }
  return ways;
}

/// Both samples as one, ranked; equal values share the mean of their ranks.
struct Ranks {
  double u = 0;         ///< pairs in which the value of `a` is the greater; equal ones count half
  double tie_term = 0;  ///< the sum of t³ − t over groups of t equal values
};

Ranks rank(std::span<const double> a, std::span<const double> b) {
  std::map<double, std::pair<std::size_t, std::size_t>> counts;  // of each value in a and in b
  for (const double value : a) ++counts[value].first;
  for (const double value : b) ++counts[value].second;
  Ranks ranks;
  double smaller_in_b = 0;
  for (const auto& [value, count] : counts) {
    const auto in_a = static_cast<double>(count.first);
    const auto in_b = static_cast<double>(count.second);
    ranks.u += in_a * (smaller_in_b + in_b / 2);
    const double tied = in_a + in_b;
    ranks.tie_term += tied * tied * tied - tied;
    smaller_in_b += in_b;
  }
  return ranks;
}

/// In how many of all orders of m and n values U is at most `u`, as a share of them. Counts by
/// Mann & Whitney's recursion: the greatest value of all belongs to one sample or to the other.
double share_up_to(std::size_t m, std::size_t n, std::size_t u) {
  // ways[j][v]: orders of the first i values of one and j of the other that have U = v.
  std::vector<std::vector<double>> ways(n + 1, std::vector<double>(m * n + 1, 0));
  for (auto& row : ways) row[0] = 1;
  for (std::size_t i = 1; i <= m; ++i) {
    // With j values of the other, a greatest value of the first adds j; in place, j upwards.
    for (std::size_t j = 1; j <= n; ++j) {
      std::vector<double> next = ways[j - 1];
      for (std::size_t v = j; v <= m * n; ++v) next[v] += ways[j][v - j];
      ways[j] = std::move(next);
    }
  }
  const double below =
      std::accumulate(ways[n].begin(), ways[n].begin() + static_cast<std::ptrdiff_t>(u) + 1, 0.0);
  return below / choose(m + n, n);
}

double by_approximation(const Ranks& ranks, double m, double n) {
  const double all = m + n;
  const double variance = m * n / 12 * (all + 1 - ranks.tie_term / (all * (all - 1)));
  if (variance <= 0) return 1;
  const double distance = std::max(std::abs(ranks.u - m * n / 2) - 0.5, 0.0);
  return std::erfc(distance / std::sqrt(variance) / std::sqrt(2.0));
}

double median_of_drawn(std::span<const double> values, std::vector<double>& drawn, Rng& rng) {
  for (double& value : drawn) value = values[rng.next() % values.size()];
  return *median(drawn);
}

}  // namespace

std::optional<double> median(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  const std::vector<double> all = sorted(values);
  const std::size_t middle = all.size() / 2;
  return all.size() % 2 == 1 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

std::optional<Interval> median_interval(std::span<const double> values) {
  if (values.size() < kIntervalMin) return std::nullopt;
  const std::vector<double> all = sorted(values);
  // How often the median lies below the value of this rank, or above its counterpart: each value
  // is on either side of it like a coin.
  std::size_t rank = 0;
  const double orders = std::pow(2.0, static_cast<double>(all.size()));
  for (double missed = 2 / orders; missed <= kAlpha;) {
    ++rank;
    missed += 2 * choose(all.size(), rank) / orders;
  }
  return Interval{all[rank - 1], all[all.size() - rank]};
}

double mann_whitney(std::span<const double> a, std::span<const double> b) {
  if (a.empty() || b.empty()) return 1;
  const Ranks ranks = rank(a, b);
  const bool exact = ranks.tie_term == 0 && a.size() + b.size() <= kExactMax;
  if (!exact) {
    return by_approximation(ranks, static_cast<double>(a.size()), static_cast<double>(b.size()));
  }
  const std::size_t u = static_cast<std::size_t>(ranks.u);
  const std::size_t smaller = std::min(u, a.size() * b.size() - u);
  return std::min(1.0, 2 * share_up_to(a.size(), b.size(), smaller));
}

double smallest_mann_whitney(std::size_t a, std::size_t b) {
  return std::min(1.0, 2 / choose(a + b, b));
}

std::vector<double> holm(std::span<const double> probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return probabilities[a] < probabilities[b]; });
  std::vector<double> adjusted(probabilities.size());
  double highest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto questions_left = static_cast<double>(order.size() - i);
    highest = std::max(highest, std::min(1.0, questions_left * probabilities[order[i]]));
    adjusted[order[i]] = highest;
  }
  return adjusted;
}

std::optional<Interval> ratio_interval(std::span<const double> a, std::span<const double> b,
                                       std::uint64_t seed) {
  constexpr std::size_t kDraws = 2000;
  if (a.size() < kIntervalMin || b.size() < kIntervalMin) return std::nullopt;
  Rng rng(seed);
  std::vector<double> ratios(kDraws);
  std::vector<double> from_a(a.size());
  std::vector<double> from_b(b.size());
  for (double& ratio : ratios) {
    ratio = median_of_drawn(b, from_b, rng) / median_of_drawn(a, from_a, rng);
  }
  std::sort(ratios.begin(), ratios.end());
  const auto outside = static_cast<std::size_t>(kDraws * kAlpha / 2);
  return Interval{ratios[outside], ratios[kDraws - 1 - outside]};
}

}  // namespace msdemo::load
