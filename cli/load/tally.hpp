// What a load found: how each start ended, second by second and all in all. Arithmetic alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "load/outcome.hpp"
#include "load/pacer.hpp"

namespace msdemo::load {

/// How far back "in the end" reaches: a load that recovered shows here.
inline constexpr std::chrono::seconds kLastSeconds{5};

/// One second of a load. Starts are in the second they were meant for, ends in the one they
/// happened in.
struct Second {
  std::size_t number = 0;  ///< from 1
  std::size_t started = 0;
  std::size_t confirmed = 0;
  std::size_t failed = 0;
  std::string most_frequent{};     ///< among the failed, by name
  std::optional<double> p50_ms{};  ///< of the confirmed
  std::optional<double> p99_ms{};
};

struct Summary {
  std::size_t orders = 0;
  std::size_t confirmed = 0;
  std::size_t failed = 0;
  double goodput_percent = 0;
  double goodput_last_5s_percent = 0;  ///< of what was meant to start in the last five seconds
  std::vector<Failures> failures{};    ///< the most frequent first
};

/// Not thread-safe.
class Tally {
 public:
  /// Of `count` starts.
  Tally(const Pacer& pacer, std::size_t count) : pacer_(pacer), good_(count, false) {}

  /// Start number `k` was confirmed, so long after it was meant to begin.
  void confirmed(std::size_t k, std::chrono::nanoseconds latency);

  /// One was not; `name` is the error's, or kDropped.
  void failed(std::string_view name, bool definite);

  /// The next second, with all ends that came since the one before.
  Second take_second();

  /// Whether some end has not been in a second yet.
  bool pending() const { return !latencies_.empty() || !failures_.empty(); }

  Summary summary() const;

 private:
  struct Count {
    std::size_t count = 0;
    bool definite = true;
  };

  Pacer pacer_;
  std::vector<bool> good_;  ///< by number
  std::map<std::string, Count> all_failures_;
  std::size_t seconds_ = 0;                      ///< that were taken
  std::vector<double> latencies_;                ///< since then, in milliseconds
  std::map<std::string, std::size_t> failures_;  ///< since then
};

}  // namespace msdemo::load
