// The lab's memory of what happened: the spans that services and commands send, by trace, so that a
// timeline can be drawn without any other system.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "trace/span.hpp"

namespace msdemo::lab {

/// Keeps a bounded number of traces; when there are more, the one that began to arrive first goes.
/// Thread-safe.
class Collector {
 public:
  struct Bounds {
    std::size_t traces = limits::kTracesKept;
    std::size_t spans_per_trace = limits::kSpansPerTrace;
  };

  Collector() : Collector(Bounds()) {}
  explicit Collector(Bounds bounds) : bounds_(bounds) {}

  /// Takes an OTLP/HTTP JSON request. A span that is known already, or that its trace has no room
  /// for, is left out (the latter are counted). Fails as trace::from_otlp_json does, and then takes
  /// nothing.
  Result<void> accept(std::string_view otlp_json);

  /// The spans of a trace in the order in which they came. Blocks up to `wait` until there are more
  /// than `more_than`; an unknown trace has none.
  std::vector<trace::SpanRecord> spans(trace::TraceId id, std::size_t more_than,
                                       std::chrono::milliseconds wait);

  /// The traces whose first span came last, newest first, at most `limit`: `[{"trace_id","name",
  /// "service","start_unix_nano","duration_ms","spans","error"}]`. Name and service are the root's,
  /// or the earliest span's while the root is missing.
  Json newest(std::size_t limit) const;

  /// As newest(), but the one trace with a server span whose `msdemo.order.id` is `order_id`; of
  /// several the one whose span began first, which placed it. Blocks up to `wait` until there is
  /// one.
  Json of_order(std::int64_t order_id, std::chrono::milliseconds wait);

  /// Spans left out because their trace was full.
  std::uint64_t dropped() const;

  /// Lets all who wait go at once, now and from now on.
  void close();

 private:
  struct Trace {
    std::vector<trace::SpanRecord> spans;
    std::set<trace::SpanId> ids;
  };

  void keep(trace::SpanRecord span);
  /// The trace that placed an order, or the end. Needs the mutex.
  std::map<trace::TraceId, Trace>::const_iterator find_order(std::int64_t order_id) const;

  const Bounds bounds_;
  mutable std::mutex mutex_;  ///< guards everything below
  std::condition_variable arrived_;
  std::map<trace::TraceId, Trace> traces_;
  std::deque<trace::TraceId> by_arrival_;  ///< oldest first; the keys of traces_
  std::uint64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace msdemo::lab
