// Where every span of a trace goes on one time axis. It exists apart from any drawing so that the
// picture can be tested as numbers, and drawn in more than one way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "timeline/decision.hpp"
#include "trace/span.hpp"

namespace msdemo::timeline {

/// What a stretch of a span was spent on.
enum class SegmentKind {
  work,     ///< its own time: computing, connecting, sending, the disk under a database
  waiting,  ///< blocked until something it called has answered; a message: a consumer has it
  queued,   ///< a message, waiting for a consumer to take it up
  missing,  ///< nobody told: the span never arrived, this is where it must have been
};

/// Nanoseconds since the layout's start.
struct Segment {
  SegmentKind kind = SegmentKind::work;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;

  bool operator==(const Segment&) const = default;
};

/// A moment worth a sign of its own on a row.
enum class MarkKind {
  caller_free,  ///< whoever placed the order had an answer
  work_done,    ///< the order was confirmed or rejected
  decision,     ///< a rule decided something
};

struct Mark {
  MarkKind kind = MarkKind::caller_free;
  std::int64_t at_ns = 0;    ///< since the layout's start
  std::size_t decision = 0;  ///< the how manieth of the layout's, from 1

  bool operator==(const Mark&) const = default;
};

/// One span, the place of one that cannot have arrived or never did, or an order of a comparison.
struct Row {
  trace::SpanId span_id;  ///< not valid() if it is no span's
  std::string service;    ///< empty if nobody knows
  std::string name;
  int depth = 0;         ///< 0 for a root
  bool follows = false;  ///< a message's way on: as deep as what sent it, which does not wait
  std::optional<std::size_t> sender{};  ///< where it follows: the row that sent it on
  std::int64_t start_ns = 0;            ///< since the layout's start, as measured
  std::int64_t end_ns = 0;              ///< before `start_ns` if the clock was set back
  bool failed = false;
  bool missing = false;
  bool open = false;   ///< it goes on: nobody knows an end, `end_ns` is the layout's
  bool apart = false;  ///< something else than the rows above begins here
  std::string remark;  ///< why it failed, or what is odd about it; may be empty

  /// In order, without gaps, from `start_ns` to `end_ns`; never empty.
  std::vector<Segment> segments;
  std::vector<Mark> marks{};  ///< by time
};

struct Layout {
  std::int64_t start_unix_nano = 0;   ///< when the earliest span began; 0 in a comparison
  std::int64_t length_ns = 0;         ///< until the latest end
  bool comparison = false;            ///< of orders: nothing calls anything, rows have marks
  std::vector<Row> rows;              ///< callers above what they called, siblings by start
  std::vector<Decision> decisions{};  ///< by time; each is marked on its span's row
};

/// Arranges the spans of one trace. Never corrects a measured time: a child that begins before its
/// parent is drawn so. Where a span refers to one that is not there, a row says so:
/// - a parent that did not arrive gets one above its children; if exactly one call to their service
///   lacks its answer at that time, that call is where it belongs;
/// - an HTTP call whose callee did not arrive gets one below it, unless the call says that it
///   reached nobody (`error.type` is `unreachable`), and so does a queue without its consumer;
/// - a message that was published but that no group has acked yet gets an open row for its queue;
///   failed attempts to handle it, whose queue has no span before the ack, get one as well if only
///   one producer can have published it.
/// Whoever publishes a message does not wait for its consumers, so these follow at the same depth.
/// Of spans with the same id the first counts. Parents that form a loop are cut at its earliest.
Layout lay_out(std::span<const trace::SpanRecord> spans);

/// How long the row was at this in all.
std::int64_t time_spent(const Row& row, SegmentKind kind);

/// Whether the trace has a root, nothing that its spans refer to is missing, every message was
/// acked and every death told, so that waiting for more is useless.
bool complete(std::span<const trace::SpanRecord> spans);

}  // namespace msdemo::timeline
