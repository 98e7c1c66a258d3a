// What `msdemo bench` found: repeated runs of one or two ways of ordering on one machine, and what
// they come to. Plain data with one published JSON form (docs/reference/bench.schema.json), so that
// two files can be compared later.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "load/outcome.hpp"

namespace msdemo::load {

/// One run of one way of asking.
struct Run {
  std::string style;  ///< `sync`, `async`, or `url`
  Outcome outcome;
  Histogram
      completion{};  ///< of async: until the order's event was received, from the intended start
  std::size_t completed = 0;  ///< orders whose event was received
  double fsync_p50_us = 0;    ///< of the machine's disk just before
};

/// Where and how it was measured; everything a reader needs to doubt it.
struct Environment {
  std::string version;     ///< of msdemo, with its commit where that is known
  std::string started_at;  ///< RFC 3339
  int cores = 0;
  std::string cpu;
  std::string kernel;
  std::string durability;   ///< full | normal; empty for a URL
  double fsync_p50_us = 0;  ///< measured before the first run
  double steal_share = 0;   ///< of the processor's time during the runs, taken by other guests
  bool colocated = true;    ///< generator and services share the machine
};

struct Settings {
  std::vector<std::string> styles;
  std::string target;  ///< the lab's name, or the URL
  double rate_per_s = 0;
  std::size_t connections = 0;
  std::chrono::milliseconds duration{};
  std::chrono::milliseconds warmup{};
  std::string loop;      ///< open | closed
  std::string arrivals;  ///< constant | poisson
  std::uint64_t seed = 0;
};

struct Bench {
  Settings settings;
  Environment environment;
  std::vector<Run> pairs;  ///< interleaved repetitions at one rate, in the order they were run
  std::vector<Run> sweep;  ///< one run for each rate and style
  bool interrupted = false;
};

}  // namespace msdemo::load
