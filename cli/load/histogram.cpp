#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace msdemo::load {

namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kShortest{1};
constexpr nanoseconds kLongest = std::chrono::hours(1);

// Values below 256 have a bucket each. From there on every doubling has 128, and what is in one is
// told as its middle: at most half a bucket from the truth, which is 1/256 of the lowest value.
constexpr unsigned kExactBits = 8;
constexpr std::size_t kExact = std::size_t{1} << kExactBits;
constexpr std::size_t kPerDoubling = kExact / 2;

std::size_t bucket_of(std::uint64_t value) {
  if (value < kExact) return value;
  const auto doubling = static_cast<unsigned>(std::bit_width(value)) - kExactBits;
  return doubling * kPerDoubling + (value >> doubling);
}

std::uint64_t middle_of(std::size_t bucket) {
  if (bucket < kExact) return bucket;
  const std::size_t doubling = bucket / kPerDoubling - 1;
  return ((bucket - doubling * kPerDoubling) << doubling) + (std::uint64_t{1} << doubling) / 2;
}

/// Which of `count` sorted values, from 1, is the smallest that `share` of them do not exceed.
std::uint64_t rank(double share, std::uint64_t count) {
  // 0.07 is a little more than 7/100 in binary, and must not ask for one value more.
  constexpr double kInexact = 1 - 4 * std::numeric_limits<double>::epsilon();
  const double exact =
      std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count) * kInexact);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact), 1, count);
}

}  // namespace

void Histogram::record(nanoseconds value) {
  value = std::clamp(value, kShortest, kLongest);
  const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(value.count()));
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  ++counts_[bucket];
  min_ = empty() ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ns_ += static_cast<double>(value.count());
  ++count_;
}

void Histogram::merge(const Histogram& other) {
  if (other.empty()) return;
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  min_ = empty() ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ns_ += other.sum_ns_;
  count_ += other.count_;
}

nanoseconds Histogram::min() const {
  return min_;
}

nanoseconds Histogram::max() const {
  return max_;
}

double Histogram::mean_ns() const {
  return empty() ? 0 : sum_ns_ / static_cast<double>(count_);
}

nanoseconds Histogram::quantile(double share) const {
  if (empty()) return {};
  std::uint64_t left = rank(share, count_);
  if (left == count_) return max_;
  std::size_t bucket = 0;
  while (counts_[bucket] < left) left -= counts_[bucket++];
  return std::clamp(nanoseconds(middle_of(bucket)), min_, max_);
}

std::uint64_t Histogram::beyond(double share) const {
  return empty() ? 0 : count_ - rank(share, count_);
}

}  // namespace msdemo::load
