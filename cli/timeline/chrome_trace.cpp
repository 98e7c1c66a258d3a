#include "timeline/chrome_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "timeline/layout.hpp"
#include "timeline/span_reading.hpp"

namespace msdemo::timeline {
namespace {

using trace::SpanKind;
using trace::SpanRecord;

double microseconds(std::int64_t ns) {
  constexpr double kNanoseconds = 1000;
  return static_cast<double>(ns) / kNanoseconds;
}

Json args_of(const trace::Attributes& attributes) {
  Json args = Json::object();
  for (const auto& [key, value] : attributes) {
    std::visit([&member = args[key]](const auto& held) { member = held; }, value);
  }
  return args;
}

/// A row that takes part, with its span (none for a queue that nobody has acked yet).
struct Slice {
  const Row* row = nullptr;
  const SpanRecord* span = nullptr;
  int pid = 0;
  int tid = 0;
};

/// Shares a service's spans out to threads, so that on each of them a span either ends before the
/// next one begins or is its caller: that is all that complete events can express.
class Threads {
 public:
  explicit Threads(int& last_tid) : last_tid_(last_tid) {}

  /// The thread of a span; they must come by start, callers before what they called.
  int of(const Row& row, trace::SpanId parent) {
    for (Thread& thread : threads_) {
      while (!thread.open.empty() && thread.open.back().end_ns <= row.start_ns) {
        thread.open.pop_back();
      }
      const bool nests = thread.open.empty() || (thread.open.back().id == parent &&
                                                 thread.open.back().end_ns >= row.end_ns);
      if (!nests) continue;
      thread.open.push_back({row.span_id, row.end_ns});
      return thread.tid;
    }
    threads_.push_back({++last_tid_, {{row.span_id, row.end_ns}}});
    return last_tid_;
  }

 private:
  struct Open {
    trace::SpanId id;
    std::int64_t end_ns;
  };
  struct Thread {
    int tid;
    std::vector<Open> open;
  };
  int& last_tid_;  ///< no two processes share one: some readers look threads up by it alone
  std::vector<Thread> threads_;
};

class ChromeTrace {
 public:
  explicit ChromeTrace(std::span<const SpanRecord> spans) : layout_(lay_out(spans)) {
    for (const SpanRecord& span : spans) spans_.emplace(span.span_id.value, &span);
    collect();
  }

  Json write() {
    for (const Slice& slice : slices_) add(slice);
    add_flows();
    // Readers pair what has the same time in the order in which it comes.
    std::ranges::stable_sort(timed_, {},
                             [](const Json& event) { return event.at("ts").get<double>(); });
    for (Json& event : timed_) events_.push_back(std::move(event));
    Json other = {{"start_unix_nano", std::to_string(layout_.start_unix_nano)}};
    if (!slices_.empty()) other["trace_id"] = spans_.begin()->second->trace_id.hex();
    return {{"traceEvents", std::move(events_)},
            {"displayTimeUnit", "ms"},
            {"otherData", std::move(other)}};
  }

 private:
  void collect();
  void add(const Slice& slice);
  void add_flows();
  void add_metadata(const char* what, const Slice& slice, const Json& args) {
    events_.push_back(
        {{"ph", "M"}, {"name", what}, {"pid", slice.pid}, {"tid", slice.tid}, {"args", args}});
  }
  Json event(const char* phase, const Slice& slice, std::int64_t at_ns) const {
    return {{"ph", phase}, {"pid", slice.pid}, {"tid", slice.tid}, {"ts", microseconds(at_ns)}};
  }
  /// An event that binds to the slice around it.
  void add_flow(const char* phase, const Slice& slice, const char* name, const std::string& id) {
    Json flow = event(phase, slice, slice.row->start_ns);
    flow["cat"] = "flow";
    flow["name"] = name;
    flow["id"] = id;
    if (*phase == 'f') flow["bp"] = "e";
    timed_.push_back(std::move(flow));
  }

  const Layout layout_;
  std::unordered_map<std::uint64_t, const SpanRecord*> spans_;
  std::vector<Slice> slices_;  ///< by start
  Json events_ = Json::array();
  std::vector<Json> timed_;
};

bool is_queued(const Slice& slice) {
  return slice.row->open || is_queue(*slice.span);
}

void ChromeTrace::collect() {
  std::map<std::string, std::pair<int, Threads>> processes;
  int last_tid = 100;
  for (const Row& row : layout_.rows) {
    const auto found = spans_.find(row.span_id.value);
    const SpanRecord* span = found == spans_.end() ? nullptr : found->second;
    if (span != nullptr || row.open) slices_.push_back({&row, span});
  }
  std::ranges::stable_sort(slices_, {}, [](const Slice& slice) { return slice.row->start_ns; });
  for (Slice& slice : slices_) {
    const std::string& service = slice.row->service;
    const int next_pid = static_cast<int>(processes.size()) + 1;
    const auto [process, fresh] = processes.try_emplace(service, next_pid, Threads(last_tid));
    slice.pid = slice.tid = process->second.first;  // a queue is on no thread
    if (fresh) {
      add_metadata("process_name", slice, {{"name", service}});
      add_metadata("process_sort_index", slice, {{"sort_index", slice.pid}});
    }
    if (is_queued(slice)) continue;
    const int before = last_tid;
    slice.tid = process->second.second.of(*slice.row, slice.span->parent_span_id);
    if (last_tid > before) add_metadata("thread_name", slice, {{"name", service}});
  }
}

void ChromeTrace::add(const Slice& slice) {
  const Row& row = *slice.row;
  Json args = slice.span == nullptr ? Json::object() : args_of(slice.span->attributes);
  if (slice.span != nullptr) args["span_id"] = slice.span->span_id.hex();
  if (!row.remark.empty()) args["remark"] = row.remark;
  Json begin = event(is_queued(slice) ? "b" : "X", slice, row.start_ns);
  begin["name"] = row.name;
  begin["cat"] = is_queued(slice) ? "queue" : row.failed ? "span,failed" : "span";
  if (is_queued(slice)) {
    begin["id"] =
        slice.span == nullptr ? fmt::format("open {}", timed_.size()) : slice.span->span_id.hex();
    Json end = begin;
    begin["args"] = std::move(args);
    timed_.push_back(std::move(begin));
    if (row.open) return;
    end["ph"] = "e";
    end["ts"] = microseconds(std::max(row.start_ns, row.end_ns));
    timed_.push_back(std::move(end));
    return;
  }
  begin["dur"] = microseconds(std::max<std::int64_t>(row.end_ns - row.start_ns, 0));
  begin["args"] = std::move(args);
  timed_.push_back(std::move(begin));
  for (const Mark& mark : row.marks) {
    if (mark.kind != MarkKind::decision) continue;
    const Decision& decision = layout_.decisions[mark.decision - 1];
    Json instant = event("i", slice, mark.at_ns);
    instant["name"] = decision.name;
    instant["cat"] = "decision";
    instant["s"] = "t";
    instant["args"] = {{"rule", decision.rule}};
    timed_.push_back(std::move(instant));
  }
}

void ChromeTrace::add_flows() {
  std::unordered_map<const Row*, const Slice*> by_row;
  for (const Slice& slice : slices_) by_row.emplace(slice.row, &slice);
  const auto sender_of = [this](const Row& row) {
    return row.sender ? &layout_.rows[*row.sender] : nullptr;
  };
  std::map<const Row*, std::vector<const Slice*>> attempts;  // by queue
  for (const Slice& slice : slices_) {
    if (slice.span == nullptr) continue;
    const SpanRecord& span = *slice.span;
    if (span.kind == SpanKind::consumer) {
      const Row* queue = sender_of(*slice.row);
      if (queue != nullptr) attempts[queue].push_back(&slice);
    } else if (const auto caller = spans_.find(span.parent_span_id.value);
               span.kind == SpanKind::server && caller != spans_.end()) {
      const auto asked = std::ranges::find(slices_, caller->second, &Slice::span);
      if (asked == slices_.end() || is_queued(*asked)) continue;
      add_flow("s", *asked, "call", span.span_id.hex());
      add_flow("f", slice, "call", span.span_id.hex());
    }
  }
  for (const auto& [queue, handled] : attempts) {
    const Row* publish = sender_of(*queue);
    const auto published = by_row.find(publish);
    if (published == by_row.end()) continue;
    const std::string id = handled.front()->span->span_id.hex();
    add_flow("s", *published->second, "message", id);
    for (const Slice* slice : handled) {
      add_flow(slice == handled.back() ? "f" : "t", *slice, "message", id);
    }
  }
}

}  // namespace

Json to_chrome_trace(std::span<const SpanRecord> spans) {
  return ChromeTrace(spans).write();
}

}  // namespace msdemo::timeline
