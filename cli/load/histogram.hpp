// Latencies in constant memory, after HdrHistogram (Gil Tene): buckets that double in width, each
// divided evenly, so that every value is known to within a fixed share of itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace msdemo::load {

/// Counts of durations from 1 ns to an hour, each known to within 1/256 of itself; shorter ones
/// count as 1 ns, longer ones as an hour. Not thread-safe; those of several threads are merged.
class Histogram {
 public:
  void record(std::chrono::nanoseconds value);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::chrono::nanoseconds min() const;  ///< exact; 0 when empty
  std::chrono::nanoseconds max() const;  ///< exact; 0 when empty
  double mean_ns() const;                ///< exact; 0 when empty

  /// The smallest value that `share` (0…1) of all do not exceed; 0 when empty.
  std::chrono::nanoseconds quantile(double share) const;

  /// How many values lie beyond that quantile: a percentile stands on this many.
  std::uint64_t beyond(double share) const;

 private:
  std::vector<std::uint64_t> counts_;  ///< grows to the highest bucket in use
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds min_{};
  std::chrono::nanoseconds max_{};
  double sum_ns_ = 0;
};

}  // namespace msdemo::load
