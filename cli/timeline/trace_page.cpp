#include "timeline/trace_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "timeline/layout.hpp"
#include "timeline/sentence.hpp"
#include "timeline/svg.hpp"
#include "timeline/svg_style.hpp"
#include "timeline/svg_text.hpp"
#include "timeline/terminal.hpp"

namespace msdemo::timeline {
namespace {

using trace::SpanRecord;

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --fg: #1a1d21; --dim: #5b6570; --rule: #dde2e8; --bg: #fff;
  --lit: #eef3fb; --wrong: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --fg: #e6e9ed; --dim: #9ba6b2; --rule: #2b3239;
  --bg: #14171a; --lit: #1f2832; --wrong: #f28b82; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 64rem; background: var(--bg);
  color: var(--fg); font: 0.95rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; line-height: 1.35; margin: .2rem 0 1rem; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .5rem; }
.dim { color: var(--dim); } .wrong { color: var(--wrong); }
.wide { overflow-x: auto; } svg { width: 100%; min-width: 44rem; height: auto; display: block; }
.stripe { fill: transparent; } .lit .stripe { fill: var(--lit); } tr.lit { background: var(--lit); }
g[data-span] { cursor: pointer; } g[data-span]:focus { outline: none; }
g[data-span]:focus-visible .stripe { fill: var(--lit); }
ol { padding-left: 1.8rem; } li { padding: .1rem 0; } li::marker { font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--rule);
  vertical-align: top; white-space: nowrap; }
th { color: var(--dim); font-weight: 600; }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; } td:nth-child(2) { width: 60%; }
tr > :first-child { padding-left: .3rem; }
summary { cursor: pointer; white-space: normal; } .who { color: currentColor; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .3rem 0 .8rem;
  font-size: .88rem; } dt { color: var(--dim); }
dd { margin: 0; white-space: normal; overflow-wrap: anywhere; }
)css";

constexpr std::string_view kScript = R"js(
const all = (id) => document.querySelectorAll('[data-span="' + id + '"]');
for (const one of document.querySelectorAll('[data-span]')) {
  const id = one.dataset.span;
  const light = (on) => all(id).forEach((each) => each.classList.toggle('lit', on));
  one.addEventListener('mouseenter', () => light(true));
  one.addEventListener('mouseleave', () => light(false));
  if (one.tagName !== 'g') continue;
  const open = () => {
    const row = document.querySelector('tr[data-span="' + id + '"]');
    const details = row.querySelector('details');
    details.open = !details.open;
    if (details.open) row.scrollIntoView({ block: 'nearest' });
  };
  one.setAttribute('tabindex', '0');
  one.setAttribute('role', 'button');
  one.addEventListener('click', open);
  one.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); open(); }
  });
}
// Pointed at, a picture of one piece would be read as one.
document.querySelector('svg').setAttribute('role', 'group');
)js";

std::string service_name(std::string_view service) {
  return fmt::format("<span class=\"who {}\">{}</span>", service_class(service), markup(service));
}

std::string value_text(const trace::AttributeValue& value) {
  return std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
}

std::string entry(std::string_view name, std::string_view value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>", markup(name), markup(value));
}

/// Everything that a span says beyond its name and times.
std::string details_of(const SpanRecord& span, std::int64_t origin) {
  constexpr std::array<std::string_view, 6> kKinds{"",       "internal", "server",
                                                   "client", "producer", "consumer"};
  std::string out = "<dl>";
  out += entry("span", span.span_id.hex());
  if (span.parent_span_id.valid()) out += entry("parent", span.parent_span_id.hex());
  out += entry("kind", kKinds.at(static_cast<std::size_t>(span.kind)));
  for (const auto& [key, value] : span.attributes) out += entry(key, value_text(value));
  for (const trace::SpanEvent& event : span.events) {
    std::string words = format_milliseconds(event.time_unix_nano - origin);
    for (const auto& [key, value] : event.attributes) {
      words += fmt::format(" · {}: {}", key, value_text(value));
    }
    out += entry(event.name, words);
  }
  return out + "</dl>";
}

std::string row_of(const Row& row, const SpanRecord* span, std::int64_t origin) {
  const auto cell = [&row](SegmentKind kind) {
    const std::int64_t ns = time_spent(row, kind);
    return fmt::format("<td>{}</td>", ns > 0 ? format_duration(ns) : "");
  };
  const std::string id = span == nullptr ? "" : fmt::format(" data-span=\"{}\"", row.span_id.hex());
  std::string name = fmt::format("{}{}", row.follows ? "→ " : "", markup(row.name));
  if (!row.remark.empty()) {
    name += fmt::format("<br><span class=\"{}\">{}</span>", row.failed ? "wrong" : "dim",
                        markup(row.remark));
  }
  if (span != nullptr) {
    name =
        fmt::format("<details><summary>{}</summary>{}</details>", name, details_of(*span, origin));
  }
  return fmt::format(
      "<tr{}><td>{}</td><td><div style=\"padding-left:{}rem\">{}</div></td>"
      "<td>{}</td><td{}>{}</td>{}{}{}</tr>\n",
      id, service_name(row.service), row.depth, name, format_milliseconds(row.start_ns),
      row.failed ? " class=\"wrong\"" : "", duration_text(row), cell(SegmentKind::work),
      cell(SegmentKind::waiting), cell(SegmentKind::queued));
}

std::string table_of(const Layout& layout, std::span<const SpanRecord> spans) {
  std::unordered_map<std::uint64_t, const SpanRecord*> by_id;
  for (const SpanRecord& span : spans) by_id.emplace(span.span_id.value, &span);
  std::string out =
      "<div class=\"wide\"><table><thead><tr><th>service</th><th>span</th><th>begins at</th>"
      "<th>took</th><th>own time</th><th>waiting</th><th>in the queue</th></tr></thead>\n<tbody>\n";
  for (const Row& row : layout.rows) {
    const auto found = by_id.find(row.span_id.value);
    out += row_of(row, found == by_id.end() ? nullptr : found->second, layout.start_unix_nano);
  }
  return out + "</tbody></table></div>\n";
}

std::string decisions_of(const Explanation& explanation) {
  if (explanation.decisions.empty()) return {};
  std::string out = "<h2>Why</h2>\n<ol>\n";
  for (const Decision& decision : explanation.decisions) {
    out += fmt::format("<li data-span=\"{}\"><span class=\"dim\">{}</span> {} {}</li>\n",
                       decision.span_id.hex(), format_milliseconds(decision.at_ns),
                       service_name(decision.service), markup(decision.rule));
  }
  return out + "</ol>\n";
}

std::string measured_in(const Explanation& explanation) {
  if (explanation.measured.empty()) return {};
  std::string out = "<h2>Measured</h2>\n<ul>\n";
  for (const std::string& sentence : explanation.measured) {
    out += fmt::format("<li>{}</li>\n", markup(sentence));
  }
  return out + "</ul>\n";
}

}  // namespace

std::string format_page(std::span<const SpanRecord> spans, const Explanation& explanation,
                        const std::string& subtitle) {
  const Layout layout = lay_out(spans);
  SvgOptions options;
  options.title = explanation.headline;
  options.decisions_max = layout.decisions.size();
  options.for_page = true;
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<div class=\"dim\">{2}</div>\n"
      "<h1>{0}</h1>\n<div class=\"wide\">\n{3}</div>\n{4}{5}<h2>Spans</h2>\n{6}"
      "<script>{7}</script>\n</body>\n</html>\n",
      markup(explanation.headline), kStyle, markup(subtitle), draw_svg(layout, options),
      decisions_of(explanation), measured_in(explanation), table_of(layout, spans), kScript);
}

}  // namespace msdemo::timeline
