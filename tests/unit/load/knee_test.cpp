// Where a sweep bends.
#include "load/knee.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace msdemo::load;

namespace {

/// Doubling rates from 100/s, all kept up with.
std::vector<SweepPoint> easy() {
  std::vector<SweepPoint> points;
  for (double rate = 100; rate <= 800; rate *= 2) points.push_back({rate, rate, 0, 2.0});
  return points;
}

}  // namespace

TEST_CASE("without trouble there is no knee", "[knee]") {
  const Knee knee = find_knee(easy());
  CHECK(knee.rate_per_s == 800.0);
  CHECK_FALSE(knee.first_above.has_value());
  CHECK(knee.because.empty());
  CHECK_FALSE(find_knee({}).rate_per_s.has_value());
}

TEST_CASE("the knee is before the first rate that is not kept up with", "[knee]") {
  auto points = easy();
  points[2].achieved_per_s = 379;
  CHECK(find_knee(points).rate_per_s == 200.0);
  CHECK(find_knee(points).first_above == 400.0);
  CHECK(find_knee(points).because == "only 95 % of it is achieved");
  points = easy();
  points[3].tail_ms = 10.1;
  CHECK(find_knee(points).rate_per_s == 400.0);
  CHECK(find_knee(points).because == "slow ones take 5 times as long");
  points = easy();
  points[1].failed_share = 0.02;
  CHECK(find_knee(points).rate_per_s == 100.0);
  CHECK(find_knee(points).because == "2 % fail");
}

TEST_CASE("even the lowest rate may be too much", "[knee]") {
  auto points = easy();
  points[0].failed_share = 1;
  points[0].tail_ms.reset();
  CHECK_FALSE(find_knee(points).rate_per_s.has_value());
  CHECK(find_knee(points).first_above == 100.0);
}
