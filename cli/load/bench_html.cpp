#include "load/bench_html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/markup.hpp"
#include "load/bench_summary.hpp"
#include "load/bench_svg.hpp"

namespace msdemo::load {

namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1a1d21; --soft: #5b6570; --line: #d9dee4; --page: #fff;
  --card: #f5f7f9; --sync: #2563c9; --async: #0d8a7a; --done: #b7661a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #98a3af; --line: #343c45;
  --page: #14171a; --card: #1c2126; --sync: #6ea3f5; --async: #3cc2ae; --done: #e09a52;
  --bad: #f28b82; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 60rem; background: var(--page);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
.lead { font-size: 1.4rem; line-height: 1.4; font-weight: 600; margin: 0 0 .6rem; }
.lead + .lead { font-size: 1.1rem; font-weight: 400; }
h1 { font-size: .85rem; font-weight: 600; letter-spacing: .04em; color: var(--soft); }
h2 { font-size: 1.05rem; margin: 2.4rem 0 .6rem; }
p, dl { margin: .5rem 0; } .soft { color: var(--soft); font-size: .92rem; }
.bad { border-left: .3rem solid var(--bad); padding: .6rem 1rem; background: var(--card);
  color: var(--bad); font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { color: var(--soft); font-weight: 600; } tbody th { font-weight: 400; }
small { color: var(--soft); }
svg { width: 100%; height: auto; display: block; font: 13px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .soft { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); } .sync { fill: var(--sync); stroke: var(--sync); }
.url { fill: var(--sync); stroke: var(--sync); }
.async { fill: var(--async); stroke: var(--async); }
.done { fill: var(--done); stroke: var(--done); } .free { fill-opacity: .22; stroke: none; }
polyline { fill: none !important; stroke-width: 2; } .knee { stroke-dasharray: 3 4; }
.invalid { fill: var(--page); stroke-width: 2; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
)css";

std::string paragraph(std::string_view css, std::string_view text) {
  return fmt::format("<p class=\"{}\">{}</p>\n", css, escape_html(text));
}

std::string cell(const Estimate& estimate, std::string (*format)(double)) {
  if (!estimate.median) return "<td>–</td>";
  std::string text = escape_html(format(*estimate.median));
  if (estimate.interval) {
    text += fmt::format(" <small>{}…{}</small>", escape_html(format(estimate.interval->low)),
                        escape_html(format(estimate.interval->high)));
  }
  if (estimate.together) text += " <small>all runs together</small>";
  return fmt::format("<td>{}</td>", text);
}

std::string per_s(double rate) {
  return format_rate(rate) + "/s";
}

struct Row {
  const char* name;
  Estimate StyleSummary::*estimate;
  Estimate StyleSummary::*by_message;  ///< instead, for orders by message
  std::string (*format)(double);
};

constexpr Row kRows[] = {
    {"Response, p50", &StyleSummary::p50_ms, &StyleSummary::p50_ms, format_ms},
    {"Response, p90", &StyleSummary::p90_ms, &StyleSummary::p90_ms, format_ms},
    {"Response, p99", &StyleSummary::p99_ms, &StyleSummary::p99_ms, format_ms},
    {"Response, p99.9", &StyleSummary::p99_9_ms, &StyleSummary::p99_9_ms, format_ms},
    {"Response, longest", &StyleSummary::max_ms, &StyleSummary::max_ms, format_ms},
    {"p99 from sending", &StyleSummary::uncorrected_p99_ms, &StyleSummary::uncorrected_p99_ms,
     format_ms},
    {"Completion, p50", &StyleSummary::p50_ms, &StyleSummary::completion_p50_ms, format_ms},
    {"Completion, p99", &StyleSummary::p99_ms, &StyleSummary::completion_p99_ms, format_ms},
    {"Achieved", &StyleSummary::achieved_per_s, &StyleSummary::achieved_per_s, per_s},
};

std::string medians(const BenchSummary& summary) {
  std::string out = "<div class=\"wide\"><table><thead><tr><th></th>";
  for (const StyleSummary& style : summary.styles) out += fmt::format("<th>{}</th>", style.style);
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : kRows) {
    out += fmt::format("<tr><th>{}</th>", row.name);
    for (const StyleSummary& style : summary.styles) {
      out += cell(style.*(style.style == "async" ? row.by_message : row.estimate), row.format);
    }
    out += "</tr>\n";
  }
  out += "<tr><th>Failed</th>";
  for (const StyleSummary& style : summary.styles) {
    out += fmt::format("<td>{:.2f} %</td>", style.failed_percent);
  }
  return out + "</tr>\n</tbody></table></div>\n";
}

std::string or_dash(const std::optional<double>& ms) {
  return ms ? format_ms(*ms) : "–";
}

std::string run_row(const Run& run) {
  std::string remarks = run.invalid_because.empty() ? "" : "INVALID: " + run.invalid_because;
  for (const Failures& failure : run.failures) {
    remarks += fmt::format("{}{} {}", remarks.empty() ? "" : "; ", failure.count, failure.name);
  }
  std::string out = fmt::format("<tr><td>{}</td>", escape_html(run.style));
  const std::string values[] = {run.intended_per_s > 0 ? per_s(run.intended_per_s) : "closed",
                                per_s(run.achieved_per_s),
                                or_dash(run.latency.p50_ms),
                                or_dash(run.latency.p99_ms),
                                or_dash(run.latency_uncorrected.p99_ms),
                                or_dash(run.completion.p50_ms),
                                or_dash(run.completion.p99_ms),
                                or_dash(run.schedule_lag.p99_ms),
                                remarks};
  for (const std::string& value : values) out += fmt::format("<td>{}</td>", escape_html(value));
  return out + "</tr>\n";
}

std::string runs_table(const std::vector<Run>& runs) {
  std::string out =
      "<div class=\"wide\"><table><thead><tr><th>style</th><th>offered</th><th>achieved</th>"
      "<th>p50</th><th>p99</th><th>p99 from sending</th><th>done p50</th><th>done p99</th>"
      "<th>lag p99</th><th></th></tr></thead>\n<tbody>\n";
  for (const Run& run : runs) out += run_row(run);
  return out + "</tbody></table></div>\n";
}

bool any_invalid(const std::vector<Run>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const Run& run) { return !run.valid(); });
}

std::string little(const BenchSummary& summary) {
  std::string out;
  for (const StyleSummary& style : summary.styles) {
    if (!style.little) continue;
    out += paragraph(
        "soft", fmt::format("Little's law, {}: {:.2f} requests in the system were counted, rate × "
                            "time gives {:.2f}; {}.",
                            style.style, style.little->counted, style.little->computed,
                            style.little->agrees() ? "within 5 %"
                                                   : "more than 5 % apart, so doubt the figures"));
  }
  return out;
}

std::string environment(const Bench& bench) {
  constexpr double kPercent = 100;
  const Environment& where = bench.environment;
  const Settings& how = bench.settings;
  const std::pair<const char*, std::string> rows[] = {
      {"Measured", where.started_at},
      {"Target", how.target},
      {"Load", fmt::format("{} loop, {} arrivals, {} connections, seed {}", how.loop, how.arrivals,
                           how.connections, how.seed)},
      {"Each run",
       fmt::format("{} ms after {} ms of warm-up", how.duration.count(), how.warmup.count())},
      {"Processor", fmt::format("{} cores, {}", where.cores, where.cpu)},
      {"Kernel", where.kernel},
      {"Durability", where.durability.empty() ? "–" : where.durability},
      {"fsync, p50", where.fsync_p50_us > 0 ? fmt::format("{:.0f} us", where.fsync_p50_us) : "–"},
      {"Steal", fmt::format("{:.1f} %", where.steal_share * kPercent)},
      {"Generator", where.colocated ? "on the same machine as the services" : "on another machine"},
      {"Version", where.version + (where.commit.empty() ? "" : " (" + where.commit + ")")},
  };
  std::string out = "<dl>\n";
  for (const auto& [name, value] : rows) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, escape_html(value));
  }
  return out + "</dl>\n";
}

std::string head(const Bench& bench, const BenchSummary& summary) {
  std::string out = paragraph("soft", "msdemo bench, " + bench.environment.started_at);
  for (const std::string& line : conclude(bench, summary)) out += paragraph("lead", line);
  if (!bench.partial_because.empty()) {
    out += paragraph("bad", "PARTIAL: " + bench.partial_because + ".");
  }
  if (!summary.invalid_because.empty()) {
    out += paragraph("bad", "INVALID: " + summary.invalid_because +
                                "; what follows is shown, but not to be trusted.");
  }
  return out;
}

}  // namespace

std::string format_html(const Bench& bench) {
  const BenchSummary summary = summarize(bench);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>msdemo bench, {}</title>\n<style>{}</style>\n</head>\n<body>\n",
      escape_html(bench.environment.started_at), kStyle);
  out += head(bench, summary);
  const std::string bars = draw_bars_svg(summary);
  if (!bars.empty()) out += "<h2>Who waits, and until when</h2>\n" + bars;
  if (!summary.styles.empty()) {
    out += fmt::format("<h2>Medians of {} runs{}</h2>\n", summary.styles.front().runs,
                       summary.styles.size() > 1 ? " each, in turns" : "");
    out += medians(summary) + paragraph("soft", kCorrectionNote) + little(summary);
  }
  const std::string sweep = draw_sweep_svg(summary);
  if (!sweep.empty()) {
    out += fmt::format("<h2>The slow ones ({}) by rate</h2>\n", summary.tail) + sweep +
           paragraph("soft", kKneeRule) +
           (any_invalid(bench.sweep) ? paragraph("soft", "A hollow point's run is INVALID.") : "");
  }
  out += "<h2>Every run</h2>\n" + runs_table(bench.pairs);
  if (!bench.sweep.empty()) out += "<h2>Every run of the sweep</h2>\n" + runs_table(bench.sweep);
  return out + "<h2>Where and how</h2>\n" + environment(bench) + "</body>\n</html>\n";
}

}  // namespace msdemo::load
