#include "timeline/span_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "timeline/span_reading.hpp"

namespace msdemo::timeline {

using trace::SpanKind;
using trace::SpanRecord;

bool SpanNode::holds_message() const {
  return row.open || (span != nullptr && is_queue(*span));
}

SpanTree::SpanTree(std::span<const SpanRecord> spans) {
  add(spans);
  link();
  add_missing_callees();
  add_missing_consumers();
  add_open_queues();
  add_missing_parents();
  sort_by_start(roots_);
  for (SpanNode& node : nodes_) sort_by_start(node.children);
  for (const std::size_t root : roots_) place(root);
  cut_loops();
}

void SpanTree::add(std::span<const SpanRecord> spans) {
  for (const SpanRecord& span : spans) {
    if (!by_id_.try_emplace(span.span_id.value, nodes_.size()).second) continue;
    if (nodes_.empty()) origin_ = span.start_unix_nano;
    origin_ = std::min(origin_, span.start_unix_nano);
    SpanNode node;
    node.span = &span;
    nodes_.push_back(std::move(node));
  }
  for (SpanNode& node : nodes_) {
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

void SpanTree::link() {
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

std::size_t SpanTree::add_missing(Row row) {
  row.missing = true;
  row.name = "missing";
  row.segments = {{SegmentKind::missing, row.start_ns, std::max(row.start_ns, row.end_ns)}};
  SpanNode node;
  node.row = std::move(row);
  node.sends = true;
  nodes_.push_back(std::move(node));
  return nodes_.size() - 1;
}

void SpanTree::add_missing_callees() {
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

void SpanTree::add_missing_consumers() {
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    const SpanNode& queue = nodes_[at];
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

std::optional<std::size_t> SpanTree::producer_of(const std::vector<std::size_t>& orphans) const {
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
void SpanTree::add_open_queues() {
  std::erase_if(orphans_, [this](const std::vector<std::size_t>& orphans) {
    const auto producer = producer_of(orphans);
    if (producer) add_open_queue(*producer, orphans);
    return producer.has_value();
  });
  const std::size_t arrived = nodes_.size();
  for (std::size_t at = 0; at < arrived; ++at) {
    const SpanNode& node = nodes_[at];
    if (node.span == nullptr || node.span->kind != SpanKind::producer || node.row.failed) continue;
    const bool carried = std::ranges::any_of(
        node.children, [this](std::size_t child) { return nodes_[child].carries; });
    if (!carried) add_open_queue(at, {});
  }
}

void SpanTree::add_open_queue(std::size_t producer, std::vector<std::size_t> attempts) {
  SpanNode queue;
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

std::optional<std::size_t> SpanTree::unanswered_call(const Row& orphan) const {
  std::optional<std::size_t> only;
  for (const std::size_t at : missing_callees_) {
    const SpanNode& callee = nodes_[at];
    const bool fits = callee.row.service == orphan.service && callee.children.empty() &&
                      callee.row.start_ns <= orphan.start_ns &&
                      orphan.start_ns <= callee.row.end_ns;
    if (fits && only) return std::nullopt;
    if (fits) only = at;
  }
  return only;
}

void SpanTree::add_missing_parents() {
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

void SpanTree::sort_by_start(std::vector<std::size_t>& nodes) const {
  std::ranges::stable_sort(nodes, {}, [this](std::size_t at) { return nodes_[at].row.start_ns; });
}

void SpanTree::place(std::size_t root) {
  std::vector<std::size_t> pending{root};
  while (!pending.empty()) {
    const std::size_t at = pending.back();
    pending.pop_back();
    SpanNode& node = nodes_[at];
    if (std::exchange(node.placed, true)) continue;
    order_.push_back(at);
    // What the sender did itself is deeper than the message's way on, so it has to come before.
    const auto is_own = [&](std::size_t child) { return !node.sends || !nodes_[child].carries; };
    std::stable_partition(node.children.begin(), node.children.end(), is_own);
    for (auto next = node.children.rbegin(); next != node.children.rend(); ++next) {
      SpanNode& child = nodes_[*next];
      if (child.placed) continue;
      child.parent = &node;
      child.row.follows = node.sends && child.carries;
      child.row.depth = child.row.follows ? std::max(node.row.depth, 1) : node.row.depth + 1;
      pending.push_back(*next);
    }
  }
}

void SpanTree::cut_loops() {
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

}  // namespace msdemo::timeline
