// What was said in a trace, step by step; drawn by sequence.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "timeline/decision.hpp"
#include "timeline/sequence.hpp"
#include "timeline/span_reading.hpp"

namespace msdemo::timeline {
namespace {

using trace::SpanKind;
using trace::SpanRecord;

constexpr std::string_view kDeadSuffix = ".dead";

class Steps {
 public:
  explicit Steps(std::span<const SpanRecord> spans) : spans_(spans), origin_(beginning_of(spans)) {
    for (const SpanRecord& span : spans) {
      by_id_.emplace(span.span_id.value, &span);
      if (span.kind == SpanKind::server || carries_message(span)) {
        taken_.emplace(span.parent_span_id.value, &span);
      }
    }
  }

  std::vector<Step> tell() {
    for (const SpanRecord& span : spans_) add(span);
    for (const Decision& decision : decisions_of(spans_)) {
      steps_.push_back({Step::Kind::own, decision.at_ns, decision.service, "", decision.rule});
    }
    std::ranges::stable_sort(steps_, {}, &Step::at_ns);
    return std::move(steps_);
  }

 private:
  void add(const SpanRecord& span) {
    if (is_queue(span)) {
      add_published(span);
    } else if (span.kind == SpanKind::server) {
      add_answered(span);
    } else if (span.kind == SpanKind::consumer) {
      add_consumed(span);
    } else if (span.kind == SpanKind::producer && !taken_.contains(span.span_id.value)) {
      say(Step::Kind::ask, span.end_unix_nano, span.service, "broker", topic_of(span), false);
    } else if (is_call(span) && !taken_.contains(span.span_id.value)) {
      say(Step::Kind::ask, span.start_unix_nano, span.service, callee_of(span), span.name, false);
      say(Step::Kind::own, span.end_unix_nano, span.service, "", failure_of(span), true);
    } else if (span.kind == SpanKind::client && !is_call(span)) {
      const bool failed = span.status == trace::SpanStatus::error;
      say(Step::Kind::own, span.start_unix_nano, span.service, "",
          failed ? fmt::format("{}: {}", span.name, failure_of(span)) : span.name, failed);
    }
  }

  void add_answered(const SpanRecord& span) {
    const SpanRecord* caller = find(span.parent_span_id);
    if (caller == nullptr) return;
    say(Step::Kind::ask, span.start_unix_nano, caller->service, span.service, span.name, false);
    const std::string status = text_of(span, "http.response.status_code");
    const bool failed = span.status == trace::SpanStatus::error;
    say(Step::Kind::answer, span.end_unix_nano, span.service, caller->service,
        status.empty() && failed ? failure_of(span) : status, failed);
  }

  void add_published(const SpanRecord& queue) {
    const SpanRecord* publisher = find(queue.parent_span_id);
    if (topic_of(queue).ends_with(kDeadSuffix)) {
      // The copy has its letter's publisher as parent, but the broker made it.
      say(Step::Kind::own, queue.start_unix_nano, queue.service, "", topic_of(queue), true);
    }
    if (publisher == nullptr || topic_of(queue).ends_with(kDeadSuffix)) return;
    say(Step::Kind::ask, queue.start_unix_nano, publisher->service, queue.service, topic_of(queue),
        false);
  }

  void add_consumed(const SpanRecord& span) {
    const SpanRecord* queue = find(span.parent_span_id);
    const std::string broker = queue == nullptr ? "broker" : queue->service;
    const std::int64_t attempt = attempt_of(span);
    say(Step::Kind::ask, span.start_unix_nano, broker, span.service,
        attempt > 1 ? fmt::format("{}, attempt {}", topic_of(span), attempt) : topic_of(span),
        false);
    if (span.status == trace::SpanStatus::error) {
      say(Step::Kind::answer, span.end_unix_nano, span.service, broker, failure_of(span), true);
    } else if (queue != nullptr) {
      say(Step::Kind::answer, queue->end_unix_nano, span.service, broker, "ack", false);
    }
  }

  void say(Step::Kind kind, std::int64_t at, std::string from, std::string to, std::string words,
           bool failed) {
    steps_.push_back(
        {kind, since(origin_, at), std::move(from), std::move(to), std::move(words), failed});
  }

  const SpanRecord* find(trace::SpanId id) const {
    const auto found = by_id_.find(id.value);
    return found == by_id_.end() ? nullptr : found->second;
  }

  std::span<const SpanRecord> spans_;
  const std::int64_t origin_;
  std::unordered_map<std::uint64_t, const SpanRecord*> by_id_;
  std::unordered_map<std::uint64_t, const SpanRecord*> taken_;  ///< by who asked
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> steps_of(std::span<const SpanRecord> spans) {
  return Steps(spans).tell();
}

}  // namespace msdemo::timeline
