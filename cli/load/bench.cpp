#include "load/bench.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace msdemo::load {

namespace {

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::optional<double> percentile(const Histogram& histogram, double share) {
  if (histogram.beyond(share) < kBeyond) return std::nullopt;
  return milliseconds(histogram.quantile(share));
}

std::string three_digits(double value) {
  constexpr double kTen = 10;
  constexpr double kHundred = 100;
  return fmt::format("{:.{}f}", value, value < kTen ? 2 : value < kHundred ? 1 : 0);
}

}  // namespace

Latencies latencies_of(const Histogram& histogram) {
  if (histogram.empty()) return {};
  constexpr double kNanoseconds = 1e6;
  return {.samples = histogram.count(),
          .mean_ms = histogram.mean_ns() / kNanoseconds,
          .p50_ms = percentile(histogram, 0.5),
          .p90_ms = percentile(histogram, 0.9),
          .p99_ms = percentile(histogram, 0.99),
          .p99_9_ms = percentile(histogram, 0.999),
          .max_ms = milliseconds(histogram.max())};
}

Run run_of(std::string style, const Outcome& outcome) {
  return {.style = std::move(style),
          .intended_per_s = outcome.intended_per_s,
          .measured_s = std::chrono::duration<double>(outcome.measured).count(),
          .started = outcome.started,
          .succeeded = outcome.succeeded,
          .achieved_per_s = outcome.achieved_per_s(),
          .failures = outcome.failures,
          .latency = latencies_of(outcome.latency),
          .latency_uncorrected = latencies_of(outcome.latency_uncorrected),
          .schedule_lag = latencies_of(outcome.schedule_lag),
          .mean_outstanding = outcome.mean_outstanding,
          .generator_cpu_share = outcome.generator_cpu_share,
          .interrupted = outcome.interrupted,
          .server_died = outcome.server_died,
          .invalid_because = outcome.invalid_because};
}

std::string format_ms(double ms) {
  constexpr double kThousand = 1000;
  if (ms < 1) return fmt::format("{:.0f} us", ms * kThousand);
  if (ms < kThousand) return three_digits(ms) + " ms";
  return three_digits(ms / kThousand) + " s";
}

std::string format_rate(double per_s) {
  constexpr double kWhole = 10;
  constexpr std::size_t kGroup = 3;
  if (per_s < kWhole && per_s != std::floor(per_s)) return fmt::format("{:.1f}", per_s);
  std::string text = fmt::format("{:.0f}", per_s);
  for (std::size_t at = text.size(); at > kGroup;) text.insert(at -= kGroup, 1, ',');
  return text;
}

std::string one_of(double probability) {
  constexpr double kMost = 1e6;
  if (probability <= 1 / kMost) return "less than 1 of 1,000,000";
  return "1 of " + format_rate(std::round(1 / probability));
}

}  // namespace msdemo::load
