#include "timeline/comparison.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "timeline/span_reading.hpp"

namespace msdemo::timeline {
namespace {

using trace::SpanKind;
using trace::SpanRecord;

/// The stretches in which consumers ran, by start; times as the layout's, which begins at `origin`.
std::vector<Segment> consumers_of(const ComparedOrder& order, std::int64_t origin) {
  std::vector<Segment> working;
  for (const SpanRecord& span : order.spans) {
    if (span.kind != SpanKind::consumer) continue;
    working.push_back({SegmentKind::work, since(origin, span.start_unix_nano),
                       since(origin, span.end_unix_nano)});
  }
  std::ranges::sort(working, {}, &Segment::start_ns);
  return working;
}

Row row_of(const ComparedOrder& order, std::int64_t origin) {
  const bool done = order.done_unix_nano != 0;
  const std::int64_t free_ns = since(origin, order.free_unix_nano);
  Row row;
  row.service = order.style;
  row.name = order.label;
  row.start_ns = since(origin, order.asked_unix_nano);
  row.end_ns = done ? std::max(free_ns, since(origin, order.done_unix_nano)) : free_ns;
  row.failed = order.failed;
  row.open = !done && !order.failed;
  row.remark = order.remark.empty() && row.open ? "not done yet" : order.remark;
  row.marks.push_back({MarkKind::caller_free, free_ns});
  if (done) row.marks.push_back({MarkKind::work_done, since(origin, order.done_unix_nano)});
  std::ranges::stable_sort(row.marks, {}, &Mark::at_ns);
  return row;
}

/// Fills in what the time was spent on. The row's end must be known.
void divide(Row& row, const ComparedOrder& order, std::int64_t origin) {
  std::int64_t until_ns = row.start_ns;
  const auto extend = [&](SegmentKind kind, std::int64_t end_ns) {
    end_ns = std::clamp(end_ns, until_ns, std::max(until_ns, row.end_ns));
    if (end_ns == until_ns) return;
    const bool goes_on = !row.segments.empty() && row.segments.back().kind == kind;
    if (goes_on) row.segments.back().end_ns = end_ns;
    if (!goes_on) row.segments.push_back({kind, until_ns, end_ns});
    until_ns = end_ns;
  };
  extend(SegmentKind::waiting, since(origin, order.free_unix_nano));
  for (const Segment& working : consumers_of(order, origin)) {
    extend(SegmentKind::queued, working.start_ns);
    extend(SegmentKind::work, working.end_ns);
  }
  extend(SegmentKind::queued, row.end_ns);
  if (row.segments.empty()) row.segments = {{SegmentKind::waiting, row.start_ns, row.start_ns}};
}

}  // namespace

Layout compare(std::span<const ComparedOrder> orders) {
  struct Style {
    std::string_view name;
    std::int64_t origin;  ///< when its first call began
  };
  std::vector<Style> styles;
  for (const ComparedOrder& order : orders) {
    const auto style = std::ranges::find(styles, order.style, &Style::name);
    if (style == styles.end()) {
      styles.push_back({order.style, order.asked_unix_nano});
    } else {
      style->origin = std::min(style->origin, order.asked_unix_nano);
    }
  }
  Layout layout;
  layout.comparison = true;
  for (const ComparedOrder& order : orders) {
    const Row row = row_of(order, std::ranges::find(styles, order.style, &Style::name)->origin);
    layout.length_ns = std::max(layout.length_ns, row.end_ns);
  }
  for (const Style& style : styles) {
    bool apart = !layout.rows.empty();
    for (const ComparedOrder& order : orders) {
      if (order.style != style.name) continue;
      Row row = row_of(order, style.origin);
      row.apart = std::exchange(apart, false);
      if (row.open) row.end_ns = std::max(row.end_ns, layout.length_ns);
      divide(row, order, style.origin);
      layout.rows.push_back(std::move(row));
    }
  }
  return layout;
}

}  // namespace msdemo::timeline
