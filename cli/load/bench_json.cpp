#include "load/bench_json.hpp"

#include <fmt/format.h>

#include <cmath>

#include "load/bench_summary.hpp"

namespace msdemo::load {

namespace {

constexpr std::string_view kFormat = "msdemo-bench-1";
constexpr double kPercent = 100;

/// Percentages are read by people, too: 0.1, not 0.10000000000000009.
double percent(double share) {
  constexpr double kDigits = 1e6;
  return std::round(share * kPercent * kDigits) / kDigits;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json positive_or_null(double value) {
  return value > 0 ? Json(value) : Json();
}

Json to_json(const Latencies& latencies) {
  return {{"samples", latencies.samples},        {"mean_ms", or_null(latencies.mean_ms)},
          {"p50_ms", or_null(latencies.p50_ms)}, {"p90_ms", or_null(latencies.p90_ms)},
          {"p99_ms", or_null(latencies.p99_ms)}, {"p99_9_ms", or_null(latencies.p99_9_ms)},
          {"max_ms", or_null(latencies.max_ms)}};
}

Json to_json(const std::vector<Failures>& failures) {
  Json all = Json::array();
  for (const Failures& failure : failures) {
    all.push_back(
        {{"name", failure.name}, {"count", failure.count}, {"definite", failure.definite}});
  }
  return all;
}

Json to_json(const Run& run) {
  const bool by_message = run.style == "async";
  return {{"style", run.style},
          {"valid", run.valid()},
          {"invalid_because", or_null(run.invalid_because)},
          {"interrupted", run.interrupted},
          {"server_died", run.server_died},
          {"intended_per_s", positive_or_null(run.intended_per_s)},
          {"achieved_per_s", run.achieved_per_s},
          {"measured_s", run.measured_s},
          {"started", run.started},
          {"succeeded", run.succeeded},
          {"failures", to_json(run.failures)},
          {"latency", to_json(run.latency)},
          {"latency_uncorrected", to_json(run.latency_uncorrected)},
          {"completion", by_message ? to_json(run.completion) : Json()},
          {"completed", by_message ? Json(run.completed) : Json()},
          {"schedule_lag", to_json(run.schedule_lag)},
          {"mean_outstanding", run.mean_outstanding},
          {"generator_cpu_percent", percent(run.generator_cpu_share)},
          {"fsync_p50_us", positive_or_null(run.fsync_p50_us)}};
}

Json to_json(const std::vector<Run>& runs) {
  Json all = Json::array();
  for (const Run& run : runs) all.push_back(to_json(run));
  return all;
}

Json to_json(const Together& together) {
  const bool by_message = together.style == "async";
  return {{"style", together.style},
          {"latency", to_json(together.latency)},
          {"latency_uncorrected", to_json(together.latency_uncorrected)},
          {"completion", by_message ? to_json(together.completion) : Json()}};
}

Json to_json(const std::vector<Together>& styles) {
  Json all = Json::array();
  for (const Together& together : styles) all.push_back(to_json(together));
  return all;
}

Json to_json(const Settings& settings) {
  return {{"styles", settings.styles},
          {"target", settings.target},
          {"rate_per_s", positive_or_null(settings.rate_per_s)},
          {"connections", settings.connections},
          {"duration_ms", settings.duration.count()},
          {"warmup_ms", settings.warmup.count()},
          {"loop", settings.loop},
          {"arrivals", settings.arrivals},
          {"seed", settings.seed}};
}

Json to_json(const Environment& environment) {
  return {{"version", environment.version},
          {"commit", or_null(environment.commit)},
          {"started_at", environment.started_at},
          {"cores", environment.cores},
          {"cpu", environment.cpu},
          {"kernel", environment.kernel},
          {"durability", or_null(environment.durability)},
          {"fsync_p50_us", positive_or_null(environment.fsync_p50_us)},
          {"steal_percent", percent(environment.steal_share)},
          {"colocated", environment.colocated}};
}

Json to_json(const Estimate& estimate) {
  return {{"median", or_null(estimate.median)},
          {"together", estimate.together},
          {"low", estimate.interval ? Json(estimate.interval->low) : Json()},
          {"high", estimate.interval ? Json(estimate.interval->high) : Json()}};
}

Json to_json(const StyleSummary& style) {
  Json little;
  if (style.little) {
    little = {{"counted", style.little->counted},
              {"computed", style.little->computed},
              {"agrees", style.little->agrees()}};
  }
  return {{"style", style.style},
          {"runs", style.runs},
          {"invalid", style.invalid},
          {"latency",
           {{"p50_ms", to_json(style.p50_ms)},
            {"p90_ms", to_json(style.p90_ms)},
            {"p99_ms", to_json(style.p99_ms)},
            {"p99_9_ms", to_json(style.p99_9_ms)},
            {"max_ms", to_json(style.max_ms)}}},
          {"latency_uncorrected",
           {{"p50_ms", to_json(style.uncorrected_p50_ms)},
            {"p99_ms", to_json(style.uncorrected_p99_ms)}}},
          {"completion",
           {{"p50_ms", to_json(style.completion_p50_ms)},
            {"p99_ms", to_json(style.completion_p99_ms)}}},
          {"achieved_per_s", to_json(style.achieved_per_s)},
          {"failed_percent", style.failed_percent},
          {"little", std::move(little)}};
}

Json to_json(const SweepLine& line, const std::string& tail) {
  return {{"style", line.style},
          {"of", line.completion ? "completion" : "response"},
          {"percentile", tail},
          {"knee_per_s", or_null(line.knee.rate_per_s)},
          {"first_above_per_s", or_null(line.knee.first_above)},
          {"because", or_null(line.knee.because)}};
}

Json to_json(const BenchSummary& summary) {
  Json styles = Json::array();
  for (const StyleSummary& style : summary.styles) styles.push_back(to_json(style));
  Json knees = Json::array();
  for (const SweepLine& line : summary.lines) knees.push_back(to_json(line, summary.tail));
  return {{"styles", std::move(styles)}, {"knees", std::move(knees)}};
}

std::optional<double> number_or_nothing(const Json& json, const char* field) {
  const Json& value = json.at(field);
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

std::string text_or_empty(const Json& json, const char* field) {
  const Json& value = json.at(field);
  return value.is_null() ? std::string() : value.get<std::string>();
}

Latencies latencies_from(const Json& json) {
  return {.samples = json.at("samples").get<std::size_t>(),
          .mean_ms = number_or_nothing(json, "mean_ms"),
          .p50_ms = number_or_nothing(json, "p50_ms"),
          .p90_ms = number_or_nothing(json, "p90_ms"),
          .p99_ms = number_or_nothing(json, "p99_ms"),
          .p99_9_ms = number_or_nothing(json, "p99_9_ms"),
          .max_ms = number_or_nothing(json, "max_ms")};
}

Run run_from(const Json& json) {
  Run run{.style = json.at("style").get<std::string>(),
          .intended_per_s = number_or_nothing(json, "intended_per_s").value_or(0),
          .measured_s = json.at("measured_s").get<double>(),
          .started = json.at("started").get<std::size_t>(),
          .succeeded = json.at("succeeded").get<std::size_t>(),
          .achieved_per_s = json.at("achieved_per_s").get<double>(),
          .latency = latencies_from(json.at("latency")),
          .latency_uncorrected = latencies_from(json.at("latency_uncorrected")),
          .schedule_lag = latencies_from(json.at("schedule_lag")),
          .mean_outstanding = json.at("mean_outstanding").get<double>(),
          .generator_cpu_share = json.at("generator_cpu_percent").get<double>() / kPercent,
          .fsync_p50_us = number_or_nothing(json, "fsync_p50_us").value_or(0),
          .interrupted = json.at("interrupted").get<bool>(),
          .server_died = json.at("server_died").get<bool>(),
          .invalid_because = text_or_empty(json, "invalid_because")};
  for (const Json& failure : json.at("failures")) {
    run.failures.push_back({.name = failure.at("name").get<std::string>(),
                            .count = failure.at("count").get<std::size_t>(),
                            .definite = failure.at("definite").get<bool>()});
  }
  if (!json.at("completion").is_null()) run.completion = latencies_from(json.at("completion"));
  if (!json.at("completed").is_null()) run.completed = json.at("completed").get<std::size_t>();
  return run;
}

std::vector<Run> runs_from(const Json& json) {
  std::vector<Run> runs;
  for (const Json& run : json) runs.push_back(run_from(run));
  return runs;
}

std::vector<Together> together_from(const Json& json) {
  std::vector<Together> styles;
  for (const Json& one : json) {
    Together together{.style = one.at("style").get<std::string>(),
                      .latency = latencies_from(one.at("latency")),
                      .latency_uncorrected = latencies_from(one.at("latency_uncorrected"))};
    const Json& completion = one.at("completion");
    if (!completion.is_null()) together.completion = latencies_from(completion);
    styles.push_back(std::move(together));
  }
  return styles;
}

Settings settings_from(const Json& json) {
  return {.styles = json.at("styles").get<std::vector<std::string>>(),
          .target = json.at("target").get<std::string>(),
          .rate_per_s = number_or_nothing(json, "rate_per_s").value_or(0),
          .connections = json.at("connections").get<std::size_t>(),
          .duration = std::chrono::milliseconds(json.at("duration_ms").get<std::int64_t>()),
          .warmup = std::chrono::milliseconds(json.at("warmup_ms").get<std::int64_t>()),
          .loop = json.at("loop").get<std::string>(),
          .arrivals = json.at("arrivals").get<std::string>(),
          .seed = json.at("seed").get<std::uint64_t>()};
}

Environment environment_from(const Json& json) {
  return {.version = json.at("version").get<std::string>(),
          .commit = text_or_empty(json, "commit"),
          .started_at = json.at("started_at").get<std::string>(),
          .cores = json.at("cores").get<int>(),
          .cpu = json.at("cpu").get<std::string>(),
          .kernel = json.at("kernel").get<std::string>(),
          .durability = text_or_empty(json, "durability"),
          .fsync_p50_us = number_or_nothing(json, "fsync_p50_us").value_or(0),
          .steal_share = json.at("steal_percent").get<double>() / kPercent,
          .colocated = json.at("colocated").get<bool>()};
}

}  // namespace

Json to_json(const Bench& bench) {
  const BenchSummary summary = summarize(bench);
  return {{"format", kFormat},
          {"valid", summary.invalid_because.empty()},
          {"invalid_because", or_null(summary.invalid_because)},
          {"complete", bench.partial_because.empty()},
          {"partial_because", or_null(bench.partial_because)},
          {"settings", to_json(bench.settings)},
          {"environment", to_json(bench.environment)},
          {"summary", to_json(summary)},
          {"pairs", to_json(bench.pairs)},
          {"together", to_json(bench.together)},
          {"sweep", to_json(bench.sweep)}};
}

Result<Bench> parse_bench(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return fail(Code::usage, parsed.error().message);
  const Json& json = *parsed;
  if (!json.is_object() || !json.contains("format") || json.at("format") != kFormat) {
    return fail(Code::usage, fmt::format("it is no bench: it has no \"format\": \"{}\"", kFormat));
  }
  try {
    return Bench{.settings = settings_from(json.at("settings")),
                 .environment = environment_from(json.at("environment")),
                 .pairs = runs_from(json.at("pairs")),
                 .together = together_from(json.at("together")),
                 .sweep = runs_from(json.at("sweep")),
                 .partial_because = text_or_empty(json, "partial_because")};
  } catch (const Json::exception& error) {
    return fail(Code::usage, fmt::format("it is not whole: {}", error.what()));
  }
}

}  // namespace msdemo::load
