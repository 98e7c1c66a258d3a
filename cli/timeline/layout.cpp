// The order trail: server/order/store.cpp -> [cli/timeline/layout.cpp]
// Async: server/order/worker.cpp -> [cli/timeline/layout.cpp]
//
// Turns the spans of a trace into rows on one time axis and tells a caller's own time from its
// waiting. It exists because that difference, and spans that never arrived, are what people look
// for in a timeline, and neither is written in any span.
#include "timeline/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "timeline/span_reading.hpp"

namespace msdemo::timeline {
namespace {

using trace::SpanKind;
using trace::SpanRecord;

struct Node {
  Row row;
  const SpanRecord* span = nullptr;  ///< null if it did not arrive
  bool sends = false;                ///< a message: its children may carry it on
  bool carries = false;              ///< the message of its parent
  std::vector<std::size_t> children;
  bool placed = false;
  const Node* parent = nullptr;  ///< as placed

  bool holds_message() const { return row.open || (span != nullptr && is_queue(*span)); }
};

/// The spans as a tree, with a node for whatever is missing. Used once.
class Tree {
 public:
  explicit Tree(std::span<const SpanRecord> spans) {
    add(spans);
    link();
    add_missing_callees();
    add_missing_consumers();
    add_open_queues();
    add_missing_parents();
    sort_by_start(roots_);
    for (Node& node : nodes_) sort_by_start(node.children);
    for (const std::size_t root : roots_) place(root);
    cut_loops();
    for (auto node = order_.rbegin(); node != order_.rend(); ++node) divide(nodes_[*node]);
  }

  std::vector<Row> take_rows() {
    std::vector<Row> rows;
    rows.reserve(order_.size());
    for (const std::size_t node : order_) rows.push_back(std::move(nodes_[node].row));
    return rows;
  }

  std::int64_t origin() const { return origin_; }

 private:
  void add(std::span<const SpanRecord> spans);
  void link();
  void add_missing_callees();
  void add_missing_consumers();
  void add_open_queues();
  void add_open_queue(std::size_t producer, std::vector<std::size_t> attempts);
  /// The one producer of the message that orphaned consumers had.
  std::optional<std::size_t> producer_of(const std::vector<std::size_t>& orphans) const;
  void add_missing_parents();
  /// The one call, as its missing callee, that the orphan's missing parent can have answered.
  std::optional<std::size_t> unanswered_call(const Row& orphan) const;
  std::size_t add_missing(Row row);
  void sort_by_start(std::vector<std::size_t>& nodes) const;
  void place(std::size_t root);
  void cut_loops();
  void divide(Node& node) const;
  void collect_waiting(const Node& node, std::vector<Segment>& waiting) const;

  std::int64_t origin_ = 0;
  std::int64_t length_ns_ = 0;
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, std::size_t> by_id_;
  std::vector<std::size_t> roots_;
  std::vector<std::vector<std::size_t>> orphans_;  ///< siblings whose parent is not there
  std::vector<std::size_t> missing_callees_;
  std::vector<std::size_t> order_;  ///< as drawn
};

void Tree::add(std::span<const SpanRecord> spans) {
  for (const SpanRecord& span : spans) {
    if (!by_id_.try_emplace(span.span_id.value, nodes_.size()).second) continue;
    if (nodes_.empty()) origin_ = span.start_unix_nano;
    origin_ = std::min(origin_, span.start_unix_nano);
    Node node;
    node.span = &span;
    nodes_.push_back(std::move(node));
  }
  for (Node& node : nodes_) {
    const SpanRecord& span = *node.span;
    node.row.span_id = span.span_id;
    node.row.service = span.service;
    node.row.name = span.name;
    node.row.start_ns = since(origin_, span.start_unix_nano);
    node.row.end_ns = since(origin_, span.end_unix_nano);
    node.row.failed = span.status == trace::SpanStatus::error;
    if (node.row.failed) {
      node.row.remark = failure_of(span);
    } else if (node.row.end_ns < node.row.start_ns) {
      node.row.remark = "ends before it begins: its clock was set back";
    }
    if (const std::int64_t attempt = attempt_of(span); attempt > 1) {
      node.row.remark = fmt::format("attempt {}{}{}", attempt, node.row.remark.empty() ? "" : ": ",
                                    node.row.remark);
    }
    node.sends = span.kind == SpanKind::producer || is_queue(span);
    node.carries = carries_message(span);
    length_ns_ = std::max({length_ns_, node.row.start_ns, node.row.end_ns});
  }
}

void Tree::link() {
  std::unordered_map<std::uint64_t, std::size_t> by_absent_parent;
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    const trace::SpanId parent = nodes_[at].span->parent_span_id;
    if (!parent.valid()) {
      roots_.push_back(at);
    } else if (const auto found = by_id_.find(parent.value); found != by_id_.end()) {
      nodes_[found->second].children.push_back(at);
    } else {
      const auto [group, added] = by_absent_parent.try_emplace(parent.value, orphans_.size());
      if (added) orphans_.emplace_back();
      orphans_[group->second].push_back(at);
    }
  }
}

std::size_t Tree::add_missing(Row row) {
  row.missing = true;
  row.name = "missing";
  row.segments = {{SegmentKind::missing, row.start_ns, std::max(row.start_ns, row.end_ns)}};
  Node node;
  node.row = std::move(row);
  node.sends = true;
  nodes_.push_back(std::move(node));
  return nodes_.size() - 1;
}

void Tree::add_missing_callees() {
  const std::size_t arrived = nodes_.size();
  for (std::size_t at = 0; at < arrived; ++at) {
    const SpanRecord& call = *nodes_[at].span;
    // A client span inside a client span is how some libraries show each attempt of a call.
    const bool answered = std::ranges::any_of(nodes_[at].children, [&](std::size_t child) {
      const SpanRecord& span = *nodes_[child].span;
      return span.kind == SpanKind::server || span.kind == SpanKind::client ||
             span.service != call.service;
    });
    if (answered || !expects_callee(call)) continue;
    Row row;
    row.service = text_of(call, "peer.service");
    row.start_ns = nodes_[at].row.start_ns;
    row.end_ns = nodes_[at].row.end_ns;
    row.remark = fmt::format("no span arrived from {}", callee_of(call));
    const std::size_t missing = add_missing(std::move(row));
    nodes_[at].children.push_back(missing);
    missing_callees_.push_back(missing);
  }
}

void Tree::add_missing_consumers() {
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    const Node& queue = nodes_[at];
    if (queue.span == nullptr || !is_queue(*queue.span)) continue;
    const bool consumed = std::ranges::any_of(
        queue.children, [this](std::size_t child) { return nodes_[child].carries; });
    if (consumed) continue;
    Row row;
    row.service = text_of(*queue.span, "messaging.consumer.group.name");
    row.start_ns = queue.row.start_ns;
    row.end_ns = queue.row.end_ns;
    row.remark =
        fmt::format("no span arrived from {}", row.service.empty() ? "the consumer" : row.service);
    const std::size_t missing = add_missing(std::move(row));
    nodes_[missing].carries = true;
    nodes_[at].children.push_back(missing);
    missing_callees_.push_back(missing);
  }
}

std::optional<std::size_t> Tree::producer_of(const std::vector<std::size_t>& orphans) const {
  const SpanRecord& consumer = *nodes_[orphans.front()].span;
  std::optional<std::size_t> only;
  if (consumer.kind != SpanKind::consumer) return only;
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    const SpanRecord* span = nodes_[at].span;
    const bool fits = span != nullptr && span->kind == SpanKind::producer &&
                      topic_of(*span) == topic_of(consumer);
    if (fits && only) return std::nullopt;
    if (fits) only = at;
  }
  return only;
}

/// A queue's span is sent at the ack, so that until then its consumers have no parent.
void Tree::add_open_queues() {
  std::erase_if(orphans_, [this](const std::vector<std::size_t>& orphans) {
    const auto producer = producer_of(orphans);
    if (producer) add_open_queue(*producer, orphans);
    return producer.has_value();
  });
  const std::size_t arrived = nodes_.size();
  for (std::size_t at = 0; at < arrived; ++at) {
    const Node& node = nodes_[at];
    if (node.span == nullptr || node.span->kind != SpanKind::producer || node.row.failed) continue;
    const bool carried = std::ranges::any_of(
        node.children, [this](std::size_t child) { return nodes_[child].carries; });
    if (!carried) add_open_queue(at, {});
  }
}

void Tree::add_open_queue(std::size_t producer, std::vector<std::size_t> attempts) {
  Node queue;
  queue.row.service = "broker";
  queue.row.name = fmt::format("queue {}", topic_of(*nodes_[producer].span));
  queue.row.start_ns = std::max(nodes_[producer].row.start_ns, nodes_[producer].row.end_ns);
  queue.row.end_ns = length_ns_;
  queue.row.open = true;
  queue.row.remark = "not acked yet";
  queue.sends = true;
  queue.carries = true;
  queue.children = std::move(attempts);
  nodes_[producer].children.push_back(nodes_.size());
  nodes_.push_back(std::move(queue));
}

std::optional<std::size_t> Tree::unanswered_call(const Row& orphan) const {
  std::optional<std::size_t> only;
  for (const std::size_t at : missing_callees_) {
    const Node& callee = nodes_[at];
    const bool fits = callee.row.service == orphan.service && callee.children.empty() &&
                      callee.row.start_ns <= orphan.start_ns &&
                      orphan.start_ns <= callee.row.end_ns;
    if (fits && only) return std::nullopt;
    if (fits) only = at;
  }
  return only;
}

void Tree::add_missing_parents() {
  for (std::vector<std::size_t>& orphans : orphans_) {
    sort_by_start(orphans);
    const auto inside = std::ranges::find_if_not(
        orphans, [this](std::size_t at) { return begins_in_its_process(*nodes_[at].span); });
    if (inside != orphans.end()) {
      if (const auto callee = unanswered_call(nodes_[*inside].row)) {
        nodes_[*callee].children = std::move(orphans);
        nodes_[*callee].row.remark += " (killed process?)";
        continue;
      }
    }
    Row row;
    row.start_ns = nodes_[orphans.front()].row.start_ns;
    row.end_ns = row.start_ns;
    for (const std::size_t at : orphans) row.end_ns = std::max(row.end_ns, nodes_[at].row.end_ns);
    if (inside != orphans.end()) {
      row.service = nodes_[*inside].row.service;
      row.remark = "a span that never arrived (killed process?)";
    } else {
      const bool message = nodes_[orphans.front()].carries;
      row.remark =
          message ? "no span arrived from the publisher" : "no span arrived from the caller";
    }
    const std::size_t missing = add_missing(std::move(row));
    nodes_[missing].children = std::move(orphans);
    roots_.push_back(missing);
  }
}

void Tree::sort_by_start(std::vector<std::size_t>& nodes) const {
  std::ranges::stable_sort(nodes, {}, [this](std::size_t at) { return nodes_[at].row.start_ns; });
}

void Tree::place(std::size_t root) {
  std::vector<std::size_t> pending{root};
  while (!pending.empty()) {
    const std::size_t at = pending.back();
    pending.pop_back();
    Node& node = nodes_[at];
    if (std::exchange(node.placed, true)) continue;
    order_.push_back(at);
    // What the sender did itself is deeper than the message's way on, so it has to come before.
    const auto is_own = [&](std::size_t child) { return !node.sends || !nodes_[child].carries; };
    std::stable_partition(node.children.begin(), node.children.end(), is_own);
    for (auto next = node.children.rbegin(); next != node.children.rend(); ++next) {
      Node& child = nodes_[*next];
      if (child.placed) continue;
      child.parent = &node;
      child.row.follows = node.sends && child.carries;
      child.row.depth = child.row.follows ? std::max(node.row.depth, 1) : node.row.depth + 1;
      pending.push_back(*next);
    }
  }
}

void Tree::cut_loops() {
  std::vector<std::size_t> unplaced;
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    if (!nodes_[at].placed) unplaced.push_back(at);
  }
  sort_by_start(unplaced);
  for (const std::size_t at : unplaced) {
    if (nodes_[at].placed) continue;
    Row& row = nodes_[at].row;
    if (row.remark.empty()) row.remark = "called by its own callee: its parents form a loop";
    place(at);
  }
}

/// Adds the stretches in which the span waits, or in which a message is out with a consumer. Its
/// children must have been divided.
void Tree::collect_waiting(const Node& node, std::vector<Segment>& waiting) const {
  for (const std::size_t at : node.children) {
    const Node& child = nodes_[at];
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
}

void Tree::divide(Node& node) const {
  Row& row = node.row;
  if (row.missing) return;
  const std::int64_t end_ns = std::max(row.start_ns, row.end_ns);
  const bool queue = node.holds_message();
  const SegmentKind own = queue ? SegmentKind::queued : SegmentKind::work;
  const bool unanswered = !queue && std::ranges::any_of(node.children, [this](std::size_t child) {
    return nodes_[child].row.missing;
  });
  std::vector<Segment> waiting;
  if (unanswered) {
    waiting.push_back({SegmentKind::waiting, row.start_ns, end_ns});
  } else {
    collect_waiting(node, waiting);
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

}  // namespace

Layout lay_out(std::span<const SpanRecord> spans) {
  Tree tree(spans);
  Layout layout;
  layout.start_unix_nano = tree.origin();
  layout.rows = tree.take_rows();
  for (const Row& row : layout.rows) {
    layout.length_ns = std::max({layout.length_ns, row.start_ns, row.end_ns});
  }
  return layout;
}

bool complete(std::span<const SpanRecord> spans) {
  const bool rooted = std::ranges::any_of(
      spans, [](const SpanRecord& span) { return !span.parent_span_id.valid(); });
  return rooted && std::ranges::none_of(lay_out(spans).rows,
                                        [](const Row& row) { return row.missing || row.open; });
}

}  // namespace msdemo::timeline
