#include "lab/collector.hpp"

#include <algorithm>

#include "trace/otlp.hpp"

namespace msdemo::lab {

namespace {

Json summary(const trace::TraceId& id, const std::vector<trace::SpanRecord>& spans) {
  const auto before = [](const trace::SpanRecord& a, const trace::SpanRecord& b) {
    if (a.parent_span_id.valid() != b.parent_span_id.valid()) return !a.parent_span_id.valid();
    return a.start_unix_nano < b.start_unix_nano;
  };
  const trace::SpanRecord& head = *std::min_element(spans.begin(), spans.end(), before);
  std::int64_t start = head.start_unix_nano;
  std::int64_t end = head.end_unix_nano;
  bool error = false;
  for (const trace::SpanRecord& span : spans) {
    start = std::min(start, span.start_unix_nano);
    end = std::max(end, span.end_unix_nano);
    error = error || span.status == trace::SpanStatus::error;
  }
  constexpr double kNanosecondsPerMillisecond = 1e6;
  return {{"trace_id", id.hex()},
          {"name", head.name},
          {"service", head.service},
          {"start_unix_nano", start},
          {"duration_ms", static_cast<double>(end - start) / kNanosecondsPerMillisecond},
          {"spans", spans.size()},
          {"error", error}};
}

}  // namespace

Result<void> Collector::accept(std::string_view otlp_json) {
  auto spans = trace::from_otlp_json(otlp_json);
  if (!spans) return fail(std::move(spans.error()));
  {
    const std::lock_guard lock(mutex_);
    for (trace::SpanRecord& span : *spans) keep(std::move(span));
  }
  arrived_.notify_all();
  return {};
}

void Collector::keep(trace::SpanRecord span) {
  const auto [found, fresh] = traces_.try_emplace(span.trace_id);
  if (fresh) by_arrival_.push_back(span.trace_id);
  Trace& trace = found->second;
  if (trace.ids.contains(span.span_id)) return;
  if (trace.spans.size() >= bounds_.spans_per_trace) {
    ++dropped_;
    return;
  }
  trace.ids.insert(span.span_id);
  trace.spans.push_back(std::move(span));
  if (traces_.size() > bounds_.traces) {
    traces_.erase(by_arrival_.front());
    by_arrival_.pop_front();
  }
}

std::vector<trace::SpanRecord> Collector::spans(trace::TraceId id, std::size_t more_than,
                                                std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  const auto enough = [&] {
    const auto found = traces_.find(id);
    return closed_ || (found != traces_.end() && found->second.spans.size() > more_than);
  };
  arrived_.wait_for(lock, wait, enough);
  const auto found = traces_.find(id);
  return found == traces_.end() ? std::vector<trace::SpanRecord>() : found->second.spans;
}

Json Collector::newest(std::size_t limit) const {
  Json list = Json::array();
  const std::lock_guard lock(mutex_);
  for (auto id = by_arrival_.rbegin(); id != by_arrival_.rend() && list.size() < limit; ++id) {
    list.push_back(summary(*id, traces_.at(*id).spans));
  }
  return list;
}

std::map<trace::TraceId, Collector::Trace>::const_iterator Collector::find_order(
    std::int64_t order_id) const {
  const std::pair<std::string, trace::AttributeValue> wanted{"msdemo.order.id", order_id};
  auto first = traces_.end();
  std::int64_t began = 0;
  for (auto trace = traces_.begin(); trace != traces_.end(); ++trace) {
    for (const trace::SpanRecord& span : trace->second.spans) {
      if (span.kind != trace::SpanKind::server) continue;
      if (first != traces_.end() && span.start_unix_nano >= began) continue;
      if (std::ranges::find(span.attributes, wanted) == span.attributes.end()) continue;
      first = trace;
      began = span.start_unix_nano;
    }
  }
  return first;
}

Json Collector::of_order(std::int64_t order_id, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  auto found = traces_.cend();
  arrived_.wait_for(lock, wait, [&] {
    found = find_order(order_id);
    return closed_ || found != traces_.cend();
  });
  Json list = Json::array();
  if (found != traces_.cend()) list.push_back(summary(found->first, found->second.spans));
  return list;
}

std::uint64_t Collector::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void Collector::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_all();
}

}  // namespace msdemo::lab
