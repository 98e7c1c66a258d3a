// What `msdemo bench` found: repeated runs of one or two ways of ordering on one machine. Plain
// data with one published JSON form (docs/reference/bench.schema.json), so that two files can be
// compared later; every report is made from nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/outcome.hpp"

namespace msdemo::load {

/// A percentile stands on at least this many samples beyond it; with fewer it is not told.
inline constexpr std::uint64_t kBeyond = 10;

/// What the latencies of one run come to, in milliseconds.
struct Latencies {
  std::size_t samples = 0;
  std::optional<double> mean_ms{};
  std::optional<double> p50_ms{};
  std::optional<double> p90_ms{};
  std::optional<double> p99_ms{};
  std::optional<double> p99_9_ms{};
  std::optional<double> max_ms{};
};

Latencies latencies_of(const Histogram& histogram);

/// One run of one way of asking.
struct Run {
  std::string style;          ///< `sync`, `async`, or `url`
  double intended_per_s = 0;  ///< 0 in a closed loop
  double measured_s = 0;
  std::size_t started = 0;  ///< starts that were due, dropped ones too
  std::size_t succeeded = 0;
  double achieved_per_s = 0;
  std::vector<Failures> failures{};  ///< the most frequent first
  Latencies latency{};               ///< from the intended start
  Latencies latency_uncorrected{};   ///< from the moment the request was sent
  Latencies completion{};            ///< of async: until the order's event was received
  std::size_t completed = 0;         ///< orders whose event was received
  Latencies schedule_lag{};
  double mean_outstanding = 0;  ///< Little's L
  double generator_cpu_share = 0;
  double fsync_p50_us = 0;  ///< of the lab's disk just before; 0 if there is none
  bool interrupted = false;
  bool server_died = false;
  std::string invalid_because{};  ///< empty: the run is valid

  bool valid() const { return invalid_because.empty(); }
  double failed_share() const {
    return started == 0 ? 0 : 1 - static_cast<double>(succeeded) / static_cast<double>(started);
  }
};

/// The latencies of all pairs of one style together: percentiles that one run is too short for.
struct Together {
  std::string style;
  Latencies latency{};
  Latencies latency_uncorrected{};
  Latencies completion{};
};

/// `completion` and `fsync_p50_us` are left to who knows them.
Run run_of(std::string style, const Outcome& outcome);

/// Where and how it was measured; everything a reader needs to doubt it.
struct Environment {
  std::string version;     ///< of msdemo
  std::string commit;      ///< it was built from; empty if that is not known
  std::string started_at;  ///< RFC 3339
  int cores = 0;
  std::string cpu;
  std::string kernel;
  std::string durability{};  ///< full | normal; empty for a URL
  double fsync_p50_us = 0;   ///< before the first run; 0 for a URL
  double steal_share = 0;    ///< of the processors' time during the runs, taken by other guests
  bool colocated = true;     ///< generator and services share the machine
};

struct Settings {
  std::vector<std::string> styles;
  std::string target;     ///< the lab's name, or the URL
  double rate_per_s = 0;  ///< of the pairs; 0 in a closed loop
  std::size_t connections = 0;
  std::chrono::milliseconds duration{};  ///< of each of the pairs; half of it in a sweep
  std::chrono::milliseconds warmup{};
  std::string loop;      ///< open | closed
  std::string arrivals;  ///< constant | poisson
  std::uint64_t seed = 0;
};

/// Why a bench is partial that a person ended.
inline constexpr std::string_view kInterrupted = "it was interrupted";

struct Bench {
  Settings settings{};
  Environment environment{};
  std::vector<Run> pairs{};  ///< interleaved repetitions at one rate, in the order they were run
  std::vector<Together> together{};
  std::vector<Run> sweep{};       ///< one run for each rate and style, rates ascending
  std::string partial_because{};  ///< empty: everything was run to its end
};

/// A time for people: three significant digits with a unit, `812 us`, `4.83 ms`, `1.20 s`.
std::string format_ms(double ms);

/// A rate for people: `400`, `1,600`, `0.5`.
std::string format_rate(double per_s);

/// A probability for people: `1 of 400`.
std::string one_of(double probability);

}  // namespace msdemo::load
