#include "commands/bench_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "commands/bench_plot.hpp"
#include "commands/program.hpp"
#include "commands/table.hpp"
#include "load/bench_summary.hpp"
#include "timeline/styled_line.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::commands {

namespace {

using load::BenchSummary;
using load::Estimate;
using load::StyleSummary;

constexpr int kParagraphLines = 8;

/// Words in lines no wider than the view.
std::string paragraph(const BenchView& view, std::string_view text,
                      std::optional<Style> style = std::nullopt) {
  std::string out;
  for (const std::string& line :
       timeline::wrap(timeline::printable(text), view.columns, kParagraphLines)) {
    out += (style ? paint(view.color, *style, line) : line) + "\n";
  }
  return out;
}

std::string warning(const BenchView& view, std::string_view label, std::string_view text) {
  return paragraph(view, fmt::format("{} {}", label, text), Style::bad);
}

std::string head(const load::Bench& bench, const BenchSummary& summary, const BenchView& view) {
  std::string out;
  for (const std::string& line : load::conclude(bench, summary)) {
    out += paragraph(view, line, Style::strong);
  }
  if (!bench.partial_because.empty()) out += warning(view, "PARTIAL:", bench.partial_because + ".");
  if (!summary.invalid_because.empty()) {
    out += warning(view, "INVALID:",
                   summary.invalid_because + "; what follows is shown, but not to be trusted.");
  }
  return out;
}

std::string column_title(const StyleSummary& style) {
  if (style.style == "sync") return "SYNC";
  return style.style == "async" ? "ASYNC" : "URL";
}

using Format = std::string (*)(double);

void add_estimate(std::vector<Cell>& row, const Estimate& estimate, Format format) {
  row.push_back({estimate.median ? format(*estimate.median) : "–"});
  row.push_back({estimate.together   ? "all runs together"
                 : estimate.interval ? fmt::format("{}…{}", format(estimate.interval->low),
                                                   format(estimate.interval->high))
                                     : std::string(),
                 Style::faint});
}

std::string format_per_s(double rate) {
  return load::format_rate(rate) + "/s";
}

std::string failed_text(const StyleSummary& style) {
  return style.failed_percent == 0 ? "0 %" : fmt::format("{:.2f} %", style.failed_percent);
}

/// A call's work is done when it is answered.
const Estimate& completion_of(const StyleSummary& style, Estimate StyleSummary::*async,
                              Estimate StyleSummary::*sync) {
  return style.style == "async" ? style.*async : style.*sync;
}

std::string table(const BenchSummary& summary, const BenchView& view) {
  std::vector<std::vector<Cell>> cells = {{{}}};
  for (const StyleSummary& style : summary.styles) {
    const bool several = style.runs >= load::kIntervalMin;
    cells.front().push_back({column_title(style), Style::strong});
    cells.front().push_back({several ? "95 % interval" : "", Style::faint});
  }
  const auto row = [&](const char* name, auto&& value, Format format) {
    auto& line = cells.emplace_back();
    line.push_back({name});
    for (const StyleSummary& style : summary.styles) add_estimate(line, value(style), format);
  };
  const auto own = [](Estimate StyleSummary::*member) {
    return [member](const StyleSummary& style) -> const Estimate& { return style.*member; };
  };
  row("response p50", own(&StyleSummary::p50_ms), load::format_ms);
  row("         p99", own(&StyleSummary::p99_ms), load::format_ms);
  row("p99 from sending", own(&StyleSummary::uncorrected_p99_ms), load::format_ms);
  if (summary.find("url") == nullptr) {
    row(
        "completion p50",
        [](const StyleSummary& style) -> const Estimate& {
          return completion_of(style, &StyleSummary::completion_p50_ms, &StyleSummary::p50_ms);
        },
        load::format_ms);
    row(
        "           p99",
        [](const StyleSummary& style) -> const Estimate& {
          return completion_of(style, &StyleSummary::completion_p99_ms, &StyleSummary::p99_ms);
        },
        load::format_ms);
  }
  row("achieved", own(&StyleSummary::achieved_per_s), format_per_s);
  auto& failed = cells.emplace_back();
  failed.push_back({"failed"});
  for (const StyleSummary& style : summary.styles) {
    failed.push_back(
        {failed_text(style), style.failed_percent > 0 ? std::optional(Style::bad) : std::nullopt});
    failed.push_back({});
  }
  return format_table(cells, "<><><", view.color);
}

/// `columns` wide, in eighths of a column.
std::string block(double columns) {
  constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = std::max(1, static_cast<int>(std::lround(columns * 8)));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + kEighths[eighths % 8];
}

/// How long a caller is held up by one order, and how long its work takes: one bar for each style.
std::string bars(const BenchSummary& summary, const BenchView& view) {
  constexpr int kName = 7;
  constexpr int kWords = 34;
  double longest = 0;
  for (const StyleSummary& style : summary.styles) {
    const auto done = completion_of(style, &StyleSummary::completion_p50_ms, &StyleSummary::p50_ms);
    if (!style.p50_ms.median || !done.median) return {};
    longest = std::max({longest, *style.p50_ms.median, *done.median});
  }
  if (summary.styles.size() < 2 || longest <= 0) return {};
  const double width = std::max(view.columns - kName - kWords, 10);
  std::string out;
  for (const StyleSummary& style : summary.styles) {
    const double wait = *style.p50_ms.median;
    const double done =
        *completion_of(style, &StyleSummary::completion_p50_ms, &StyleSummary::p50_ms).median;
    timeline::Line line(view.color);
    line.add(fmt::format("{:<{}}", style.style, kName));
    const std::string waiting = block(wait / longest * width);
    const int waits = timeline::columns_of(waiting);
    line.add(waiting, {.color = style.style == "async" ? 37 : 33});
    const int free = static_cast<int>(std::lround(done / longest * width)) - waits;
    for (int i = 0; i < free; ++i) line.add("░");
    line.add(fmt::format(" waits {}", load::format_ms(wait)));
    if (style.style == "async") line.add(fmt::format(", done after {}", load::format_ms(done)));
    out += line.take();
  }
  return out;
}

std::string failures(const BenchSummary& summary, const BenchView& view) {
  std::string out;
  for (const StyleSummary& style : summary.styles) {
    for (const load::Failures& failure : style.failures) {
      out += paragraph(
          view, fmt::format("failed ({}): {} {} ({})", style.style, failure.count, failure.name,
                            failure.name == load::kDropped ? "never sent"
                            : failure.definite             ? "did not happen"
                                                           : "may have happened"));
    }
    if (style.incomplete > 0) {
      out += paragraph(view, fmt::format("{} orders by message were accepted, but their work was "
                                         "not seen to be done",
                                         style.incomplete));
    }
    if (style.invalid > 0 && style.trusted()) {
      out += paragraph(view, fmt::format("{} of {} runs ({}) INVALID: {}", style.invalid,
                                         style.runs, style.style, style.invalid_because));
    }
  }
  return out;
}

std::string little(const BenchSummary& summary, const BenchView& view) {
  std::vector<std::string> parts;
  bool agrees = true;
  for (const StyleSummary& style : summary.styles) {
    if (!style.little) continue;
    agrees = agrees && style.little->agrees();
    parts.push_back(fmt::format("{} {:.2f} counted, {:.2f} computed", style.style,
                                style.little->counted, style.little->computed));
  }
  if (parts.empty()) return {};
  return paragraph(view,
                   fmt::format("Self-check, Little's law (requests in the system = rate × time): "
                               "{}: {}.",
                               fmt::join(parts, "; "),
                               agrees ? "within 5 %" : "MORE than 5 % apart, so doubt the figures"),
                   agrees ? Style::faint : Style::warn);
}

std::string environment(const load::Bench& bench, const BenchView& view) {
  constexpr double kPercent = 100;
  const load::Environment& where = bench.environment;
  const load::Settings& how = bench.settings;
  std::string text = fmt::format("{} cores · {} · {}", where.cores, where.cpu, where.kernel);
  if (!where.durability.empty()) text += fmt::format(" · durability {}", where.durability);
  if (where.fsync_p50_us > 0) text += fmt::format(" · fsync p50 {:.0f} us", where.fsync_p50_us);
  text += fmt::format(" · steal {:.1f} %", where.steal_share * kPercent);
  if (where.colocated) text += " · generator and services share the machine";
  text += fmt::format(" · {} connections, {} loop", how.connections, how.loop);
  if (how.loop == "open") text += fmt::format(", {} arrivals", how.arrivals);
  text += fmt::format(" · msdemo {}", where.version);
  if (!where.commit.empty()) text += fmt::format(" ({})", where.commit);
  return paragraph(view, text, Style::faint);
}

std::string change_text(double percent) {
  constexpr double kShown = 0.05;
  return std::abs(percent) < kShown ? "0 %" : fmt::format("{:+.1f} %", percent);
}

/// What was run, above the table.
std::string caption(const load::Bench& bench, const BenchSummary& summary, const BenchView& view) {
  const std::size_t runs = summary.styles.front().runs;
  const std::string rate =
      bench.settings.rate_per_s > 0
          ? fmt::format("at {}/s", load::format_rate(bench.settings.rate_per_s))
          : "in a closed loop";
  const std::string count = runs == 1
                                ? "One run"
                                : fmt::format("Medians of {} runs{}", runs,
                                              summary.styles.size() > 1 ? " each, in turns" : "");
  return paragraph(view,
                   fmt::format("{} of {:g} s {}", count,
                               static_cast<double>(bench.settings.duration.count()) / 1000, rate));
}

}  // namespace

std::string draw_bench(const load::Bench& bench, const BenchView& view) {
  const BenchSummary summary = load::summarize(bench);
  std::string out = head(bench, summary, view);
  const auto section = [&](const std::string& text) {
    if (!text.empty()) out += (out.empty() ? "" : "\n") + text;
  };
  if (!summary.styles.empty()) {
    section(bars(summary, view));
    section(caption(bench, summary, view) + table(summary, view) + failures(summary, view));
    section(paragraph(view, load::kCorrectionNote, Style::faint));
  }
  const std::string sweep = draw_sweep(summary, view);
  if (!sweep.empty()) section(sweep + paragraph(view, load::kKneeRule, Style::faint));
  section(little(summary, view) + environment(bench, view));
  return out;
}

std::string draw_diff(const load::BenchDiff& diff, const BenchView& view) {
  std::string out = paragraph(view, load::conclude(diff), Style::strong);
  for (const std::string& text : diff.warnings) {
    out += paragraph(view, "note: " + text, Style::warn);
  }
  if (diff.metrics.empty()) return out;
  std::vector<std::vector<Cell>> cells = {{{}, {"A"}, {"B"}, {"CHANGE"}, {}}};
  std::string style_before;
  for (const load::MetricDiff& metric : diff.metrics) {
    if (metric.style != style_before) cells.push_back({{metric.style, Style::strong}, {}});
    style_before = metric.style;
    const Format format = metric.rate ? format_per_s : load::format_ms;
    const bool different = metric.verdict == load::Verdict::different;
    const bool worse = (metric.change_percent > 0) != metric.rate;
    const auto style = different ? std::optional(worse ? Style::bad : Style::good) : std::nullopt;
    // What is so in the line, how often by chance below it: both at once are too wide.
    const std::string words = metric.words();
    const auto end = std::min(words.find("; "), words.size());
    cells.push_back({{metric.metric},
                     {format(metric.median_a)},
                     {format(metric.median_b)},
                     {change_text(metric.change_percent), style},
                     {words.substr(0, end), style}});
    if (different) cells.push_back({{"  " + words.substr(end + 2), Style::faint}});
  }
  out += "\n" + format_table(cells, "<>>><", view.color) + "\n";
  return out + paragraph(view,
                         fmt::format("Mann–Whitney's test of the runs of each metric; {} questions "
                                     "were asked, and the chances are corrected for that (Holm).",
                                     diff.metrics.size()),
                         Style::faint);
}

}  // namespace msdemo::commands
