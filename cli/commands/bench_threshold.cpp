#include "commands/bench_threshold.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/duration.hpp"
#include "base/limits.hpp"

namespace msdemo::commands {

namespace {

using load::StyleSummary;
using Unit = Threshold::Unit;

struct Metric {
  std::string_view name;
  load::Estimate StyleSummary::*estimate;
  Unit unit;
};

constexpr Metric kMetrics[] = {
    {"p50", &StyleSummary::p50_ms, Unit::ms},
    {"p90", &StyleSummary::p90_ms, Unit::ms},
    {"p99", &StyleSummary::p99_ms, Unit::ms},
    {"p99.9", &StyleSummary::p99_9_ms, Unit::ms},
    {"max", &StyleSummary::max_ms, Unit::ms},
    {"failed%", nullptr, Unit::percent},
    {"achieved", &StyleSummary::achieved_per_s, Unit::per_s},
};

const Metric* find_metric(std::string_view name) {
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

std::optional<double> parse_value(std::string_view text, Unit unit) {
  if (unit == Unit::ms) {
    const auto time = parse_duration(text, limits::kBenchDuration);
    if (!time) return std::nullopt;
    return std::chrono::duration<double, std::milli>(*time).count();
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 0 ? std::optional(value) : std::nullopt;
}

std::string format_value(double value, Unit unit) {
  if (unit == Unit::ms) return load::format_ms(value);
  return unit == Unit::percent ? fmt::format("{:.2f} %", value) : load::format_rate(value) + "/s";
}

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  const auto at = text.find_first_of("<>");
  const Metric* metric = find_metric(text.substr(0, at));
  const auto value = metric == nullptr || at == text.npos
                         ? std::nullopt
                         : parse_value(text.substr(at + 1), metric->unit);
  if (!value) {
    return fail(Code::usage,
                fmt::format("--fail-if cannot be '{}': it is p50, p90, p99, p99.9, max, failed% or "
                            "achieved, then > or <, then a value",
                            text),
                "for example 'p99>50ms', 'failed%>1' or 'achieved<380'");
  }
  return Threshold{.text = std::string(text),
                   .estimate = metric->estimate,
                   .above = text[at] == '>',
                   .value = *value,
                   .unit = metric->unit};
}

std::vector<std::string> broken_thresholds(const std::vector<Threshold>& thresholds,
                                           const load::BenchSummary& summary) {
  std::vector<std::string> broken;
  for (const Threshold& threshold : thresholds) {
    for (const StyleSummary& style : summary.styles) {
      const std::optional<double> found = threshold.estimate == nullptr
                                              ? std::optional(style.failed_percent)
                                              : (style.*threshold.estimate).median;
      if (!found) {
        broken.push_back(fmt::format("{} cannot be judged for {}: too few samples lie beyond it",
                                     threshold.text, style.style));
      } else if (threshold.above ? *found > threshold.value : *found < threshold.value) {
        broken.push_back(fmt::format("{} holds for {}: it is {}", threshold.text, style.style,
                                     format_value(*found, threshold.unit)));
      }
    }
  }
  return broken;
}

}  // namespace msdemo::commands
