#include "load/bench_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "load/bench_summary.hpp"

namespace msdemo::load {

namespace {

constexpr double kAlpha = 0.05;
constexpr double kPercent = 100;

struct Metric {
  const char* name;
  bool rate;
  std::optional<double> (*value)(const Run&);
  const char* unless = nullptr;  ///< it is asked about only if this metric cannot be
};

constexpr Metric kMetrics[] = {
    {"response p50", false, [](const Run& run) { return run.latency.p50_ms; }},
    {"response p99", false, [](const Run& run) { return run.latency.p99_ms; }},
    {"response p90", false, [](const Run& run) { return run.latency.p90_ms; }, "response p99"},
    {"completion p50", false, [](const Run& run) { return run.completion.p50_ms; }},
    {"completion p99", false, [](const Run& run) { return run.completion.p99_ms; }},
    {"completion p90", false, [](const Run& run) { return run.completion.p90_ms; },
     "completion p99"},
    {"achieved", true, [](const Run& run) { return std::optional(run.achieved_per_s); }},
};

/// Of all runs of a style; empty if one of them has none.
std::vector<double> values_of(const Bench& bench, std::string_view style, const Metric& metric) {
  std::vector<double> values;
  for (const Run& run : bench.pairs) {
    if (run.style != style) continue;
    const auto value = metric.value(run);
    if (!value) return {};
    values.push_back(*value);
  }
  return values;
}

MetricDiff ask(const std::string& style, const Metric& metric, const std::vector<double>& a,
               const std::vector<double>& b) {
  MetricDiff diff{.style = style,
                  .metric = metric.name,
                  .rate = metric.rate,
                  .runs_a = a.size(),
                  .runs_b = b.size(),
                  .median_a = *median(a),
                  .median_b = *median(b)};
  if (diff.median_a > 0) diff.change_percent = kPercent * (diff.median_b / diff.median_a - 1);
  if (*std::min_element(a.begin(), a.end()) > 0) diff.ratio = ratio_interval(a, b, 1);
  diff.probability = mann_whitney(a, b);
  return diff;
}

void judge(std::vector<MetricDiff>& metrics) {
  std::vector<double> probabilities;
  for (const MetricDiff& metric : metrics) probabilities.push_back(metric.probability);
  const std::vector<double> adjusted = holm(probabilities);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    MetricDiff& metric = metrics[i];
    metric.adjusted = adjusted[i];
    const double best = smallest_mann_whitney(metric.runs_a, metric.runs_b);
    if (best * static_cast<double>(metrics.size()) > kAlpha) {
      metric.verdict = Verdict::too_few;
    } else if (metric.adjusted < kAlpha) {
      metric.verdict = Verdict::different;
    }
  }
}

/// Two values of one thing, which should have been the same.
template <class T>
void warn_unequal(std::vector<std::string>& warnings, std::string_view what, const T& a,
                  const T& b) {
  if (a == b) return;
  warnings.push_back(fmt::format("{} differs: {} and {}", what, a, b));
}

void warn_factor(std::vector<std::string>& warnings, std::string_view what, double a, double b) {
  constexpr double kMuch = 1.2;
  if (a <= 0 || b <= 0 || std::max(a, b) < kMuch * std::min(a, b)) return;
  warnings.push_back(
      fmt::format("{}: {:.0f} us and {:.0f} us; the disk alone may be the cause", what, a, b));
}

double fsync_of(const Bench& bench) {
  std::vector<double> values;
  for (const Run& run : bench.pairs) values.push_back(run.fsync_p50_us);
  return median(values).value_or(0);
}

void warn_settings(std::vector<std::string>& warnings, const Bench& a, const Bench& b) {
  const auto styles = [](const Bench& bench) {
    return fmt::format("{}", fmt::join(bench.settings.styles, "+"));
  };
  warn_unequal(warnings, "the style", styles(a), styles(b));
  warn_unequal(warnings, "the target", a.settings.target, b.settings.target);
  warn_unequal(warnings, "the rate", format_rate(a.settings.rate_per_s),
               format_rate(b.settings.rate_per_s));
  warn_unequal(warnings, "the number of connections", a.settings.connections,
               b.settings.connections);
  warn_unequal(warnings, "the duration in ms", a.settings.duration.count(),
               b.settings.duration.count());
  warn_unequal(warnings, "the loop", a.settings.loop, b.settings.loop);
  warn_unequal(warnings, "the arrivals", a.settings.arrivals, b.settings.arrivals);
}

void warn_environment(std::vector<std::string>& warnings, const Bench& a, const Bench& b) {
  constexpr double kStolen = 0.02;
  warn_unequal(warnings, "the number of cores", a.environment.cores, b.environment.cores);
  warn_unequal(warnings, "the processor", a.environment.cpu, b.environment.cpu);
  warn_unequal(warnings, "the kernel", a.environment.kernel, b.environment.kernel);
  warn_unequal(warnings, "the durability", a.environment.durability, b.environment.durability);
  warn_factor(warnings, "fsync took", fsync_of(a), fsync_of(b));
  for (const auto& [name, bench] : {std::pair("A", &a), std::pair("B", &b)}) {
    if (bench->environment.steal_share < kStolen) continue;
    warnings.push_back(fmt::format("other guests of the machine took {:.0f} % of its time in {}",
                                   bench->environment.steal_share * kPercent, name));
  }
}

void warn_state(std::vector<std::string>& warnings, const char* name, const Bench& bench) {
  if (!bench.partial_because.empty()) {
    warnings.push_back(fmt::format("{} is partial: {}", name, bench.partial_because));
  }
  for (const StyleSummary& style : summarize(bench).styles) {
    if (style.invalid == 0) continue;
    warnings.push_back(fmt::format("{} of {} runs ({}) in {} are INVALID: {}", style.invalid,
                                   style.runs, style.style, name, style.invalid_because));
  }
}

}  // namespace

std::string MetricDiff::words() const {
  const std::size_t runs = std::min(runs_a, runs_b);
  if (verdict == Verdict::too_few) return fmt::format("too few runs ({}) to say", runs);
  if (verdict == Verdict::no_difference) {
    return fmt::format("no difference that {} runs could show", runs);
  }
  const bool more = change_percent > 0;
  const char* direction = rate ? (more ? "higher" : "lower") : (more ? "slower" : "faster");
  return fmt::format("B is {:.0f} % {}; chance alone would do this in {} such comparisons",
                     std::abs(change_percent), direction, one_of(adjusted));
}

BenchDiff compare(const Bench& a, const Bench& b) {
  BenchDiff diff;
  for (const std::string& style : a.settings.styles) {
    std::string_view last;  // that was asked about
    for (const Metric& metric : kMetrics) {
      if (metric.unless != nullptr && last == metric.unless) continue;
      const auto of_a = values_of(a, style, metric);
      const auto of_b = values_of(b, style, metric);
      if (of_a.empty() || of_b.empty()) continue;
      diff.metrics.push_back(ask(style, metric, of_a, of_b));
      last = metric.name;
    }
  }
  judge(diff.metrics);
  for (const Bench* bench : {&a, &b}) {
    const bool whole = bench->partial_because.empty();
    diff.trusted = diff.trusted && whole && summarize(*bench).invalid_because.empty();
  }
  warn_settings(diff.warnings, a, b);
  warn_environment(diff.warnings, a, b);
  warn_state(diff.warnings, "A", a);
  warn_state(diff.warnings, "B", b);
  return diff;
}

std::string conclude(const BenchDiff& diff) {
  const std::string doubt =
      diff.trusted ? "" : " But one of them is INVALID or partial: repeat it.";
  if (diff.metrics.empty()) return "A and B have no figure in common that every run has." + doubt;
  std::vector<std::string> different;
  bool too_few = true;
  for (const MetricDiff& metric : diff.metrics) {
    too_few = too_few && metric.verdict == Verdict::too_few;
    if (metric.verdict == Verdict::different) {
      different.push_back(fmt::format("{} of {}", metric.metric, metric.style));
    }
  }
  if (too_few) return "Too few runs to say whether A and B differ." + doubt;
  if (different.empty()) {
    return "No difference between A and B that these runs could show." + doubt;
  }
  return fmt::format("A and B differ in {}.{}", fmt::join(different, ", "), doubt);
}

Json to_json(const BenchDiff& diff) {
  constexpr std::string_view kNames[] = {"no-difference", "different", "too-few-runs"};
  Json metrics = Json::array();
  for (const MetricDiff& metric : diff.metrics) {
    metrics.push_back({{"style", metric.style},
                       {"metric", metric.metric},
                       {"unit", metric.rate ? "per_s" : "ms"},
                       {"runs_a", metric.runs_a},
                       {"runs_b", metric.runs_b},
                       {"median_a", metric.median_a},
                       {"median_b", metric.median_b},
                       {"change_percent", metric.change_percent},
                       {"ratio_low", metric.ratio ? Json(metric.ratio->low) : Json()},
                       {"ratio_high", metric.ratio ? Json(metric.ratio->high) : Json()},
                       {"probability", metric.probability},
                       {"adjusted_probability", metric.adjusted},
                       {"verdict", kNames[static_cast<std::size_t>(metric.verdict)]},
                       {"words", metric.words()}});
  }
  return {
      {"conclusion", conclude(diff)}, {"metrics", std::move(metrics)}, {"warnings", diff.warnings}};
}

}  // namespace msdemo::load
