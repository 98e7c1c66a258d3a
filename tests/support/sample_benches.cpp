#include "support/sample_benches.hpp"

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"

namespace msdemo::test {

namespace {

using load::Bench;
using load::Latencies;
using load::Run;

Latencies latencies(std::size_t samples, double p50) {
  return {.samples = samples,
          .mean_ms = p50 * 1.2,
          .p50_ms = p50,
          .p90_ms = p50 * 1.8,
          .p99_ms = p50 * 4,
          .p99_9_ms = std::nullopt,
          .max_ms = p50 * 7};
}

Run run_at(const std::string& style, double rate, double p50, double done) {
  const auto starts = static_cast<std::size_t>(rate);
  Run run{.style = style,
          .intended_per_s = rate,
          .measured_s = 1,
          .started = starts,
          .succeeded = starts,
          .achieved_per_s = rate,
          .latency = latencies(starts, p50),
          .latency_uncorrected = latencies(starts, p50 * 0.9),
          .schedule_lag = latencies(starts, 0.02),
          .mean_outstanding = rate * p50 * 1.2 / 1000,
          .generator_cpu_share = 0.05,
          .fsync_p50_us = 300};
  if (style == "async") {
    run.completion = latencies(starts, done);
    run.completed = starts;
  }
  return run;
}

load::Environment environment() {
  return {.version = "1.2.3",
          .commit = "0123abc",
          .started_at = "2026-11-23T00:40:01.123Z",
          .cores = 2,
          .cpu = "Example 3000 <X&Y>",
          .kernel = "Linux 6.1.0 x86_64",
          .durability = "full",
          .fsync_p50_us = 312.4,
          .steal_share = 0.001};
}

Bench empty_bench() {
  return {.settings = {.styles = {"sync", "async"},
                       .target = "default",
                       .rate_per_s = 1200,
                       .connections = 64,
                       .duration = std::chrono::milliseconds(1000),
                       .warmup = std::chrono::milliseconds(100),
                       .loop = "open",
                       .arrivals = "constant",
                       .seed = 1},
          .environment = environment()};
}

/// About normal (the sum of twelve even chances), with a deviation of 1.
double noise(Rng& rng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) {
    sum += static_cast<double>(rng.next() >> 11U) / static_cast<double>(1ULL << 53U);
  }
  return sum;
}

void shake(Latencies& latencies, double factor, Rng& rng) {
  const double middle = factor * std::exp(0.03 * noise(rng));
  latencies.p50_ms = *latencies.p50_ms * middle;
  latencies.p99_ms = *latencies.p99_ms * middle * std::exp(0.1 * noise(rng));
}

}  // namespace

Bench usual_bench() {
  Bench bench = empty_bench();
  for (int i = 0; i < 6; ++i) {
    bench.pairs.push_back(run_at("sync", 1200, 1.3 + 0.02 * i, 0));
    bench.pairs.push_back(run_at("async", 1200, 0.9 + 0.01 * i, 4.2 + 0.1 * i));
  }
  for (const char* style : {"sync", "async"}) {
    load::Together together{.style = style,
                            .latency = latencies(7200, 1.3),
                            .latency_uncorrected = latencies(7200, 1.2)};
    together.latency.p99_9_ms = 9.5;
    bench.together.push_back(together);
  }
  double rate = 400;
  for (int i = 0; i < 6; ++i, rate *= 2) {
    Run sync = run_at("sync", rate, i < 3 ? 1.2 + 0.1 * i : 30.0 * i, 0);
    if (i >= 3) sync.achieved_per_s = rate * 0.8;
    bench.sweep.push_back(sync);
    bench.sweep.push_back(
        run_at("async", rate, i < 5 ? 0.9 + 0.1 * i : 40, 4.0 * std::pow(2.5, i)));
  }
  return bench;
}

Bench doubtful_bench() {
  Bench bench = usual_bench();
  for (Run& run : bench.pairs) {
    if (run.style == "async") run.invalid_because = "the generator was late: p99 3 ms of 9 ms";
  }
  bench.sweep.resize(5);
  bench.sweep.back().invalid_because = "the generator was late: p99 3 ms of 9 ms";
  bench.partial_because = "it was interrupted";
  return bench;
}

Bench url_bench() {
  Bench bench = empty_bench();
  bench.settings.styles = {"url"};
  bench.settings.target = "http://127.0.0.1:8080/<b>\"&'";
  bench.environment.durability.clear();
  bench.environment.fsync_p50_us = 0;
  Run run = run_at("url", 1200, 0.4, 0);
  run.fsync_p50_us = 0;
  run.succeeded = 1100;
  run.achieved_per_s = 1100;
  run.failures = {{.name = "http-503", .count = 90},
                  {.name = "<timeout>", .count = 10, .definite = false}};
  bench.pairs.push_back(run);
  return bench;
}

Bench noisy_bench(std::uint64_t seed, double async_factor) {
  Rng rng(seed);
  Bench bench = empty_bench();
  for (int i = 0; i < 6; ++i) {
    bench.pairs.push_back(run_at("sync", 1200, 1.3, 0));
    bench.pairs.push_back(run_at("async", 1200, 0.9, 4.2));
  }
  for (Run& run : bench.pairs) {
    const bool by_message = run.style == "async";
    shake(run.latency, by_message ? async_factor : 1, rng);
    if (by_message) shake(run.completion, async_factor, rng);
    run.achieved_per_s = 1200 - std::abs(noise(rng));
  }
  return bench;
}

}  // namespace msdemo::test
