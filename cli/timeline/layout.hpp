// Where every span of a trace goes on one time axis. It exists apart from any drawing so that the
// picture can be tested as numbers, and drawn in more than one way.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::timeline {

/// What a stretch of a span was spent on.
enum class SegmentKind {
  work,     ///< its own time: computing, connecting, sending, the disk under a database
  waiting,  ///< blocked until something it called has answered
  missing,  ///< nobody told: the span never arrived, this is where it must have been
};

/// Nanoseconds since the layout's start.
struct Segment {
  SegmentKind kind = SegmentKind::work;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;

  bool operator==(const Segment&) const = default;
};

/// One span, or the place of one that never arrived.
struct Row {
  trace::SpanId span_id;  ///< not valid() if missing
  std::string service;    ///< empty if nobody knows
  std::string name;
  int depth = 0;              ///< 0 for a root
  std::int64_t start_ns = 0;  ///< since the layout's start, as measured
  std::int64_t end_ns = 0;    ///< before `start_ns` if the clock was set back
  bool failed = false;
  bool missing = false;
  std::string remark;  ///< why it failed, or what is odd about it; may be empty

  /// In order, without gaps, from `start_ns` to `end_ns`; never empty.
  std::vector<Segment> segments;
};

struct Layout {
  std::int64_t start_unix_nano = 0;  ///< when the earliest span began
  std::int64_t length_ns = 0;        ///< until the latest end
  std::vector<Row> rows;             ///< callers above what they called, siblings by start
};

/// Arranges the spans of one trace. Never corrects a measured time: a child that begins before its
/// parent is drawn so. Where a span refers to one that is not there, a row says so:
/// - a parent that did not arrive gets one above its children; if exactly one call to their service
///   lacks its answer at that time, that call is where it belongs;
/// - an HTTP call whose callee did not arrive gets one below it, unless the call says that it
///   reached nobody (`error.type` is `unreachable`).
/// Of spans with the same id the first counts. Parents that form a loop are cut at its earliest.
Layout lay_out(std::span<const trace::SpanRecord> spans);

/// Whether the trace has a root and nothing that its spans refer to is missing, so that waiting for
/// more is useless.
bool complete(std::span<const trace::SpanRecord> spans);

}  // namespace msdemo::timeline
