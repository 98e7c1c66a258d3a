// What repeated measurements allow to be said, against values that others have published.
#include "load/statistics.hpp"

#include <cmath>

#include "base/rng.hpp"
#include "support/catch.hpp"

using namespace msdemo::load;

namespace {

std::vector<double> counted(std::size_t n) {
  std::vector<double> values;
  for (std::size_t i = n; i > 0; --i) values.push_back(static_cast<double>(i));
  return values;
}

/// Whether two numbers agree to four digits.
bool near(double value, double expected) {
  return std::abs(value - expected) <= 0.0001 * std::abs(expected);
}

}  // namespace

TEST_CASE("a median is the middle of what there is", "[statistics]") {
  CHECK_FALSE(median({}).has_value());
  CHECK(median(std::vector<double>{7}) == 7.0);
  CHECK(median(std::vector<double>{9, 1, 5}) == 5.0);
  CHECK(median(std::vector<double>{9, 1, 5, 6}) == 5.5);
}

TEST_CASE("a median's interval lies between the order statistics of the tables", "[statistics]") {
  // Ranks of the 95 % interval, as in Conover, "Practical Nonparametric Statistics", table A3 (sign
  // test): n = 6…8: 1, 9…11: 2, 12…14: 3, 20: 6, 25: 8.
  CHECK_FALSE(median_interval(counted(5)).has_value());
  CHECK(median_interval(counted(6)) == Interval{1, 6});
  CHECK(median_interval(counted(8)) == Interval{1, 8});
  CHECK(median_interval(counted(9)) == Interval{2, 8});
  CHECK(median_interval(counted(12)) == Interval{3, 10});
  CHECK(median_interval(counted(20)) == Interval{6, 15});
  CHECK(median_interval(counted(25)) == Interval{8, 18});
}

TEST_CASE("Mann-Whitney's U agrees with R's wilcox.test", "[statistics]") {
  // Hollander & Wolfe (1973), page 69, permeability of membranes: in R's documentation of
  // wilcox.test, W = 35, one-sided p = 0.1272.
  const std::vector<double> x = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const std::vector<double> y = {1.15, 0.88, 0.90, 0.74, 1.21};
  CHECK(near(mann_whitney(x, y), 0.2544));
  CHECK(near(mann_whitney(y, x), 0.2544));
  // Everything of one below everything of the other: 2 of 924 orders.
  const std::vector<double> low = {1, 2, 3, 4, 5, 6};
  const std::vector<double> high = {11, 12, 13, 14, 15, 16};
  CHECK(near(mann_whitney(low, high), 2.0 / 924));
  CHECK(near(smallest_mann_whitney(6, 6), 2.0 / 924));
  CHECK(mann_whitney(low, {}) == 1);
}

TEST_CASE("with ties, Mann-Whitney's U is approximated", "[statistics]") {
  // Worked out by hand: U = 6; ties of 3, 2 and 2.
  const std::vector<double> a = {1, 2, 2, 3, 4, 5};
  const std::vector<double> b = {2, 4, 5, 6, 7, 8};
  CHECK(near(mann_whitney(a, b), 0.06273));
  CHECK(mann_whitney(a, a) == 1);
  const std::vector<double> equal(6, 1.0);
  CHECK(mann_whitney(equal, equal) == 1);
}

TEST_CASE("exact and approximated probabilities meet", "[statistics]") {
  const auto shifted = [](std::size_t n) {
    std::vector<double> values = counted(n);
    for (double& value : values) value += 6.5;
    return values;
  };
  // 30 values each are counted, 31 approximated.
  const double exact = mann_whitney(counted(30), shifted(30));
  const double approximated = mann_whitney(counted(31), shifted(31));
  CHECK(approximated / exact > 0.8);
  CHECK(approximated / exact < 1.25);
}

TEST_CASE("asking several questions at once makes each answer harder", "[statistics]") {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  const std::vector<double> adjusted = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  CHECK(adjusted == std::vector<double>{0.03, 0.06, 0.06, 0.02});
  CHECK(holm({}).empty());
  CHECK(holm(std::vector<double>{0.9, 0.8}) == std::vector<double>{1, 1});
}

TEST_CASE("a ratio's interval holds the ratio", "[statistics]") {
  msdemo::Rng rng(7);
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 20; ++i) {
    a.push_back(100 + static_cast<double>(rng.next() % 1000) / 100);
    b.push_back(120 + static_cast<double>(rng.next() % 1000) / 100);
  }
  const auto interval = ratio_interval(a, b, 1);
  REQUIRE(interval.has_value());
  CHECK(interval->low > 1.1);
  CHECK(interval->low < 1.19);
  CHECK(interval->high > 1.19);
  CHECK(interval->high < 1.3);
  CHECK(ratio_interval(a, b, 1) == interval);
  CHECK_FALSE(ratio_interval(std::vector<double>{1, 2}, b, 1).has_value());
}
