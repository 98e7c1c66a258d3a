// The order trail: server/order/store.cpp -> [cli/timeline/layout.cpp]
// Async: server/order/worker.cpp -> [cli/timeline/layout.cpp]
//
// Turns the spans of a trace into rows on one time axis and tells a caller's own time from its
// waiting. It exists because that difference is what people look for in a timeline, and is not
// written in any span; what never arrived is found by the tree (span_tree.cpp).
#include "timeline/layout.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "timeline/decision.hpp"
#include "timeline/message_ways.hpp"
#include "timeline/span_reading.hpp"
#include "timeline/span_tree.hpp"

namespace msdemo::timeline {
namespace {

using trace::SpanKind;
using trace::SpanRecord;

/// The stretches in which the span waits, or in which a message is out with a consumer, by start.
/// Its children must have been divided.
std::vector<Segment> waiting_of(const SpanNode& node, const std::vector<SpanNode>& nodes) {
  std::vector<Segment> waiting;
  for (const std::size_t at : node.children) {
    const SpanNode& child = nodes[at];
    if (child.span == nullptr || child.parent != &node) continue;
    const SpanKind kind = child.span->kind;
    if (node.holds_message()) {
      if (kind != SpanKind::consumer) continue;
      waiting.push_back({SegmentKind::waiting, child.row.start_ns, child.row.end_ns});
    } else if (child.carries || kind == SpanKind::producer) {
      continue;
    } else if (kind == SpanKind::internal && child.row.service == node.row.service) {
      // The same process goes on working there; only what it waits for is waiting here too.
      std::ranges::copy_if(child.row.segments, std::back_inserter(waiting),
                           [](const Segment& part) { return part.kind == SegmentKind::waiting; });
    } else {
      waiting.push_back({SegmentKind::waiting, child.row.start_ns, child.row.end_ns});
    }
  }
  std::ranges::sort(waiting, {}, &Segment::start_ns);
  return waiting;
}

/// Fills in what the span's time was spent on. Its children must have been divided.
void divide(SpanNode& node, const std::vector<SpanNode>& nodes) {
  Row& row = node.row;
  if (row.missing) return;
  const std::int64_t end_ns = std::max(row.start_ns, row.end_ns);
  const bool queue = node.holds_message();
  const SegmentKind own = queue ? SegmentKind::queued : SegmentKind::work;
  const bool untraced = node.span != nullptr && node.children.empty() && asks_untraced(*node.span);
  const bool unanswered =
      untraced || (!queue && std::ranges::any_of(node.children, [&](std::size_t child) {
        return nodes[child].row.missing;
      }));
  std::vector<Segment> waiting;
  if (unanswered) {
    waiting.push_back({SegmentKind::waiting, row.start_ns, end_ns});
  } else {
    waiting = waiting_of(node, nodes);
  }
  std::int64_t done_ns = row.start_ns;
  for (const Segment& wait : waiting) {
    const std::int64_t from_ns = std::clamp(wait.start_ns, done_ns, end_ns);
    const std::int64_t until_ns = std::clamp(wait.end_ns, from_ns, end_ns);
    if (until_ns == from_ns) continue;
    if (from_ns > done_ns) row.segments.push_back({own, done_ns, from_ns});
    const bool goes_on = !row.segments.empty() && from_ns == done_ns &&
                         row.segments.back().kind == SegmentKind::waiting;
    if (goes_on) {
      row.segments.back().end_ns = until_ns;
    } else {
      row.segments.push_back({SegmentKind::waiting, from_ns, until_ns});
    }
    done_ns = until_ns;
  }
  if (done_ns < end_ns || row.segments.empty()) {
    const SegmentKind rest = unanswered ? SegmentKind::waiting : own;
    row.segments.push_back({rest, done_ns, end_ns});
  }
}

/// Numbers the decisions by time, and marks them on the rows of their spans.
void mark_decisions(Layout& layout, std::span<const SpanRecord> spans) {
  layout.decisions = decisions_of(spans);
  if (layout.decisions.empty()) return;
  std::unordered_map<std::uint64_t, Row*> rows;
  for (Row& row : layout.rows) rows.emplace(row.span_id.value, &row);
  std::size_t number = 0;
  for (const Decision& decision : layout.decisions) {
    rows.at(decision.span_id.value)
        ->marks.push_back({MarkKind::decision, decision.at_ns, ++number});
  }
}

}  // namespace

Layout lay_out(std::span<const SpanRecord> spans) {
  SpanTree tree(spans);
  std::vector<SpanNode>& nodes = tree.nodes();
  const std::vector<std::size_t>& order = tree.order();
  for (auto at = order.rbegin(); at != order.rend(); ++at) divide(nodes[*at], nodes);
  Layout layout;
  layout.start_unix_nano = tree.origin();
  layout.rows.reserve(order.size());
  std::vector<std::size_t> row_of(nodes.size());
  for (const std::size_t at : order) {
    row_of[at] = layout.rows.size();
    layout.rows.push_back(std::move(nodes[at].row));
    Row& row = layout.rows.back();
    // Senders come before what follows them.
    if (row.follows) {
      row.sender = row_of[static_cast<std::size_t>(nodes[at].parent - nodes.data())];
    }
    layout.length_ns = std::max({layout.length_ns, row.start_ns, row.end_ns});
  }
  mark_decisions(layout, spans);
  return layout;
}

std::int64_t time_spent(const Row& row, SegmentKind kind) {
  std::int64_t sum_ns = 0;
  for (const Segment& segment : row.segments) {
    if (segment.kind == kind) sum_ns += segment.end_ns - segment.start_ns;
  }
  return sum_ns;
}

bool complete(std::span<const SpanRecord> spans) {
  if (more_to_come(message_ways_of(spans))) return false;
  const bool rooted = std::ranges::any_of(
      spans, [](const SpanRecord& span) { return !span.parent_span_id.valid(); });
  return rooted && std::ranges::none_of(lay_out(spans).rows,
                                        [](const Row& row) { return row.missing || row.open; });
}

}  // namespace msdemo::timeline
