// Orders of both styles on one time axis. It exists because what a style costs is seen only beside
// the other: when the caller is free, and when the work is done.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "timeline/layout.hpp"

namespace msdemo::timeline {

/// One order as its caller saw it, with the spans of its trace.
struct ComparedOrder {
  std::string style;                 ///< `sync` or `async`
  std::string label;                 ///< `order 12`
  std::int64_t asked_unix_nano = 0;  ///< the call began
  std::int64_t free_unix_nano = 0;   ///< the caller had its answer
  std::int64_t done_unix_nano = 0;   ///< the work was done; 0: it is not
  bool failed = false;               ///< rejected, failed or refused
  std::string remark{};              ///< why
  std::vector<trace::SpanRecord> spans{};
};

/// All orders of both styles on one axis: each style's orders begin at 0 with its first call.
/// Styles and orders stay in the given order, a style where it first appears. Until its caller is
/// free, an order is waiting; from then on until it is done it is work while a consumer of its
/// messages runs, else queued. One that is neither done nor failed is open.
Layout compare(std::span<const ComparedOrder> orders);

}  // namespace msdemo::timeline
