// The conclusion of a bench in plain words: what a reader should take home before any number.
#include <fmt/format.h>

#include "load/bench_summary.hpp"

namespace msdemo::load {

namespace {

std::string at_rate(const Bench& bench) {
  if (bench.settings.rate_per_s <= 0) {
    return fmt::format("With {} callers at a time,", bench.settings.connections);
  }
  return fmt::format("At {}/s", format_rate(bench.settings.rate_per_s));
}

/// What both styles cost a caller, and when the work is done.
std::string both(const Bench& bench, const StyleSummary& sync, const StyleSummary& async) {
  std::string text =
      fmt::format("{} a caller waits {} with a call and {} with a message", at_rate(bench),
                  format_ms(*sync.p50_ms.median), format_ms(*async.p50_ms.median));
  if (async.completion_p50_ms.median) {
    text += fmt::format("; the work is done after {} and {}", format_ms(*sync.p50_ms.median),
                        format_ms(*async.completion_p50_ms.median));
  }
  return text + " (medians).";
}

std::string one(const Bench& bench, const StyleSummary& style) {
  return fmt::format("{} {} takes {} (median){}.", at_rate(bench),
                     style.style == "url"    ? "an answer of " + bench.settings.target
                     : style.style == "sync" ? "an order by call"
                                             : "the answer to an order by message",
                     format_ms(*style.p50_ms.median),
                     style.completion_p50_ms.median
                         ? fmt::format(", and its work is done after {}",
                                       format_ms(*style.completion_p50_ms.median))
                         : "");
}

/// Of a style that has no median.
std::string none(const Bench& bench, const StyleSummary& style) {
  if (style.failed_percent >= 100) {
    return fmt::format("{} all requests ({}) fail, most of them as {}.", at_rate(bench),
                       style.style, style.failures.front().name);
  }
  return fmt::format(
      "Too few requests ({}) succeeded to say how long they take: raise --rate or "
      "--duration.",
      style.style);
}

std::string name_of(const SweepLine& line) {
  if (line.style == "url") return "answers";
  if (line.style == "sync") return "calls";
  return line.completion ? "the work behind messages" : "accepting messages";
}

/// `calls up to 1,600/s`
std::string limit_of(const SweepLine& line) {
  const std::string name = name_of(line);
  if (!line.knee.rate_per_s) return name + " at no rate";
  return fmt::format("{} up to {}/s{}", name, format_rate(*line.knee.rate_per_s),
                     line.knee.first_above ? "" : " at least");
}

}  // namespace

std::vector<std::string> conclude(const Bench& bench, const BenchSummary& summary) {
  std::vector<std::string> lines;
  const StyleSummary* sync = summary.find("sync");
  const StyleSummary* async = summary.find("async");
  if (sync != nullptr && async != nullptr && sync->p50_ms.median && async->p50_ms.median) {
    lines.push_back(both(bench, *sync, *async));
  } else {
    for (const StyleSummary& style : summary.styles) {
      lines.push_back(style.p50_ms.median ? one(bench, style) : none(bench, style));
    }
  }
  std::string limits;
  for (const SweepLine& line : summary.lines) {
    limits += (limits.empty() ? "Kept up with: " : ", ") + limit_of(line);
  }
  if (!limits.empty()) lines.push_back(limits + ".");
  return lines;
}

}  // namespace msdemo::load
