#include "load/bench_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace msdemo::load {

namespace {

using Runs = std::vector<const Run*>;
using Percentile = std::optional<double> Latencies::*;

constexpr double kPercent = 100;

Runs runs_of(const std::vector<Run>& all, std::string_view style) {
  Runs runs;
  for (const Run& run : all) {
    if (run.style == style) runs.push_back(&run);
  }
  return runs;
}

template <class Value>
Estimate estimate(const Runs& runs, Value&& value) {
  std::vector<double> values;
  for (const Run* run : runs) {
    const std::optional<double> one = value(*run);
    if (!one) return {};
    values.push_back(*one);
  }
  return {.median = median(values), .interval = median_interval(values)};
}

/// Of one kind of latency: per run if every run has it, else of all runs together.
class Estimator {
 public:
  Estimator(const Runs& runs, Latencies Run::*kind, const Latencies& together)
      : runs_(runs), kind_(kind), together_(together) {}

  Estimate operator()(Percentile which) const {
    const Estimate each = estimate(runs_, [&](const Run& run) { return (run.*kind_).*which; });
    if (each.median || !(together_.*which)) return each;
    return {.median = together_.*which, .together = true};
  }

 private:
  const Runs& runs_;
  Latencies Run::*kind_;
  const Latencies& together_;
};

std::vector<Failures> failures_of(const Runs& runs) {
  std::vector<Failures> all;
  for (const Run* run : runs) {
    for (const Failures& failure : run->failures) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const Failures& other) {
        return other.name == failure.name;
      });
      if (same == all.end()) {
        all.push_back(failure);
      } else {
        same->count += failure.count;
      }
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Failures& a, const Failures& b) { return a.count > b.count; });
  return all;
}

std::optional<LittleCheck> little_of(const Runs& runs) {
  LittleCheck check;
  for (const Run* run : runs) {
    // Failures are in the system, too, and nobody knows for how long.
    if (run->succeeded == 0 || run->succeeded != run->started || !run->latency.mean_ms) return {};
    constexpr double kMilliseconds = 1000;
    const auto share = 1 / static_cast<double>(runs.size());
    check.counted += run->mean_outstanding * share;
    check.computed += run->achieved_per_s * *run->latency.mean_ms / kMilliseconds * share;
  }
  return runs.empty() ? std::nullopt : std::optional(check);
}

StyleSummary summarize(const Together& together, const Runs& runs) {
  const std::string& style = together.style;
  StyleSummary summary{.style = style, .runs = runs.size()};
  const Estimator latency(runs, &Run::latency, together.latency);
  const Estimator uncorrected(runs, &Run::latency_uncorrected, together.latency_uncorrected);
  const Estimator completion(runs, &Run::completion, together.completion);
  summary.p50_ms = latency(&Latencies::p50_ms);
  summary.p90_ms = latency(&Latencies::p90_ms);
  summary.p99_ms = latency(&Latencies::p99_ms);
  summary.p99_9_ms = latency(&Latencies::p99_9_ms);
  summary.max_ms = latency(&Latencies::max_ms);
  summary.uncorrected_p50_ms = uncorrected(&Latencies::p50_ms);
  summary.uncorrected_p99_ms = uncorrected(&Latencies::p99_ms);
  summary.completion_p50_ms = completion(&Latencies::p50_ms);
  summary.completion_p99_ms = completion(&Latencies::p99_ms);
  summary.achieved_per_s =
      estimate(runs, [](const Run& run) { return std::optional(run.achieved_per_s); });
  summary.failures = failures_of(runs);
  summary.little = little_of(runs);
  std::size_t started = 0;
  std::size_t succeeded = 0;
  for (const Run* run : runs) {
    started += run->started;
    succeeded += run->succeeded;
    if (style == "async") summary.incomplete += run->succeeded - run->completed;
    if (run->valid()) continue;
    ++summary.invalid;
    if (summary.invalid_because.empty()) summary.invalid_because = run->invalid_because;
  }
  if (started > 0) {
    summary.failed_percent =
        kPercent * static_cast<double>(started - succeeded) / static_cast<double>(started);
  }
  return summary;
}

Together together_of(const Bench& bench, const std::string& style) {
  for (const Together& together : bench.together) {
    if (together.style == style) return together;
  }
  return {.style = style};
}

/// The highest percentile that all runs of a sweep with successes have.
std::pair<std::string, Percentile> tail_of(const std::vector<Run>& sweep) {
  const std::pair<std::string, Percentile> candidates[] = {{"p99", &Latencies::p99_ms},
                                                           {"p90", &Latencies::p90_ms}};
  for (const auto& candidate : candidates) {
    const bool everywhere = std::all_of(sweep.begin(), sweep.end(), [&](const Run& run) {
      return run.succeeded == 0 || (run.latency.*candidate.second).has_value();
    });
    if (everywhere) return candidate;
  }
  return {"p50", &Latencies::p50_ms};
}

SweepLine line_of(const Runs& runs, Latencies Run::*kind, Percentile tail) {
  SweepLine line{.style = runs.front()->style, .completion = kind == &Run::completion};
  for (const Run* run : runs) {
    line.points.push_back({.offered_per_s = run->intended_per_s,
                           .achieved_per_s = run->achieved_per_s,
                           .failed_share = run->failed_share(),
                           .tail_ms = (run->*kind).*tail});
    line.valid.push_back(run->valid());
  }
  line.knee = find_knee(line.points);
  return line;
}

}  // namespace

bool LittleCheck::agrees() const {
  constexpr double kWithin = 0.05;
  return std::abs(counted - computed) <= kWithin * std::max(counted, computed);
}

const StyleSummary* BenchSummary::find(std::string_view style) const {
  for (const StyleSummary& summary : styles) {
    if (summary.style == style) return &summary;
  }
  return nullptr;
}

BenchSummary summarize(const Bench& bench) {
  BenchSummary summary;
  const auto [tail, percentile] = tail_of(bench.sweep);
  summary.tail = tail;
  for (const std::string& style : bench.settings.styles) {
    const Runs runs = runs_of(bench.pairs, style);
    if (!runs.empty()) summary.styles.push_back(summarize(together_of(bench, style), runs));
    const Runs sweep = runs_of(bench.sweep, style);
    if (sweep.empty()) continue;
    summary.lines.push_back(line_of(sweep, &Run::latency, percentile));
    if (style == "async") summary.lines.push_back(line_of(sweep, &Run::completion, percentile));
  }
  for (const StyleSummary& style : summary.styles) {
    if (style.trusted() || !summary.invalid_because.empty()) continue;
    summary.invalid_because = fmt::format("{} of {} runs ({}): {}", style.invalid, style.runs,
                                          style.style, style.invalid_because);
  }
  return summary;
}

}  // namespace msdemo::load
