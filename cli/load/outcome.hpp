// What one run of a load found. Plain data: the event loop fills it in, reports read it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "load/histogram.hpp"

namespace msdemo::load {

/// Starts that ended badly, of one kind.
struct Failures {
  std::string name;  ///< an error's, `http-503`, or kDropped
  std::size_t count = 0;
  bool definite = true;  ///< certainly did not happen
};

/// The name under which a start is counted that found everything busy and the backlog full.
inline constexpr std::string_view kDropped = "dropped";

/// One run, its warm-up left out. Latencies are those of successes, in nanoseconds.
struct Outcome {
  std::chrono::nanoseconds measured{};  ///< how long the measured part took
  double intended_per_s = 0;            ///< 0 in a closed loop
  std::size_t started = 0;              ///< starts that were due, dropped ones too
  std::size_t succeeded = 0;
  std::vector<Failures> failures{};  ///< the most frequent first

  Histogram latency{};              ///< from the intended start
  Histogram latency_uncorrected{};  ///< from the moment the request was sent
  Histogram schedule_lag{};         ///< how late the generator itself was with each start
  double mean_outstanding = 0;      ///< requests in the system, averaged over time (Little's L)
  double generator_cpu_share = 0;   ///< of one core

  bool interrupted = false;       ///< by the person; everything here is until then
  bool server_died = false;       ///< nobody accepted connections any more
  std::string invalid_because{};  ///< empty: the run is valid

  bool valid() const { return invalid_because.empty(); }
  double achieved_per_s() const {
    const double seconds = std::chrono::duration<double>(measured).count();
    return seconds > 0 ? static_cast<double>(succeeded) / seconds : 0;
  }
};

}  // namespace msdemo::load
