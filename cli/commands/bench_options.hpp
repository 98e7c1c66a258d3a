// What a person may say to `bench`, and what is right about it: every mistake is found before
// anything runs, and told with its rule and the next step.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "commands/bench_threshold.hpp"
#include "load/bench.hpp"
#include "load/http_load.hpp"

namespace msdemo::commands {

/// As typed.
struct BenchOptions {
  double rate = 0;
  bool rate_given = false;
  std::size_t connections = 64;
  std::string duration;
  std::string warmup = "100ms";
  std::string style = "both";
  std::string sweep = "on";
  bool sweep_given = false;
  std::uint64_t seed = 1;
  std::string arrivals = "constant";
  bool closed = false;
  std::string url;
  std::string html;
  std::vector<std::string> fail_if;
};

void add_bench_options(CLI::App& command, BenchOptions& options);

/// Any HTTP endpoint.
struct Endpoint {
  std::string host;
  int port = 0;
  std::string target;   ///< path and query
  std::string display;  ///< as it was typed
};

/// What to run.
struct BenchPlan {
  load::Settings settings;      ///< `rate_per_s` is 0 if bench is to choose it
  std::size_t repetitions = 0;  ///< of each style
  bool sweeps = false;
  std::vector<double> sweep{};  ///< rates; none: bench is to choose them
  std::optional<Endpoint> url{};
  std::vector<Threshold> thresholds{};
  std::string html{};

  bool closed() const { return settings.loop == "closed"; }
};

/// Fails with usage.
Result<BenchPlan> plan_bench(const BenchOptions& options);

}  // namespace msdemo::commands
