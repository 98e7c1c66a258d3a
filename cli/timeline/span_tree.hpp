// The spans of a trace as a tree, with a place for whatever is missing from it. It exists so that
// what did not arrive is found in one place, before anybody asks where the time went.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "timeline/layout.hpp"
#include "trace/span.hpp"

namespace msdemo::timeline {

/// A span, or the place of one that is missing, with its row but for what its time was spent on.
struct SpanNode {
  Row row;
  const trace::SpanRecord* span = nullptr;  ///< null if it did not arrive
  bool sends = false;                       ///< a message: its children may carry it on
  bool carries = false;                     ///< the message of its parent
  std::vector<std::size_t> children;
  bool placed = false;
  const SpanNode* parent = nullptr;  ///< as placed

  bool holds_message() const;
};

/// Follows the rules that lay_out() states. The spans must outlive it.
class SpanTree {
 public:
  explicit SpanTree(std::span<const trace::SpanRecord> spans);

  std::vector<SpanNode>& nodes() { return nodes_; }

  /// The nodes as they are drawn: callers above what they called.
  const std::vector<std::size_t>& order() const { return order_; }

  /// When the earliest span began; 0 without any.
  std::int64_t origin() const { return origin_; }

 private:
  void add(std::span<const trace::SpanRecord> spans);
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

  std::int64_t origin_ = 0;
  std::int64_t length_ns_ = 0;
  std::vector<SpanNode> nodes_;
  std::unordered_map<std::uint64_t, std::size_t> by_id_;
  std::vector<std::size_t> roots_;
  std::vector<std::vector<std::size_t>> orphans_;  ///< siblings whose parent is not there
  std::vector<std::size_t> missing_callees_;
  std::vector<std::size_t> order_;
};

}  // namespace msdemo::timeline
