// What the load generator adds to each start: when it is due, and what its latency was.
#include <benchmark/benchmark.h>

#include "base/rng.hpp"
#include "load/histogram.hpp"
#include "load/pacer.hpp"

namespace msdemo::load {

namespace {

constexpr double kRatePerSecond = 10'000;

void pace_constant(benchmark::State& state) {
  const Pacer pacer(kRatePerSecond);
  std::size_t k = 0;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(pacer.start(k++));
}
BENCHMARK(pace_constant);

void pace_poisson(benchmark::State& state) {
  Rng rng(1);
  PoissonPacer pacer(kRatePerSecond, rng);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(pacer.next());
}
BENCHMARK(pace_poisson);

/// Latencies from 1 µs to a second.
std::chrono::nanoseconds any_latency(Rng& rng) {
  return std::chrono::nanoseconds(1'000 + rng.next() % 1'000'000'000);
}

void record_latency(benchmark::State& state) {
  Rng rng(1);
  std::vector<std::chrono::nanoseconds> latencies(4096);
  for (auto& latency : latencies) latency = any_latency(rng);
  Histogram histogram;
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) histogram.record(latencies[i++ % latencies.size()]);
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(record_latency);

void read_p99(benchmark::State& state) {
  Rng rng(1);
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) histogram.record(any_latency(rng));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(histogram.quantile(0.99));
}
BENCHMARK(read_p99);

}  // namespace

}  // namespace msdemo::load
