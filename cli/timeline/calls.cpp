#include "timeline/calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "timeline/sentence.hpp"
#include "timeline/span_reading.hpp"

namespace msdemo::timeline {

using trace::SpanKind;
using trace::SpanRecord;

namespace {

constexpr std::int64_t kFirstError = 400;

std::string deadline_of(const SpanRecord& attempt) {
  const auto deadline_ms = integer_of(attempt, "msdemo.deadline_ms");
  return deadline_ms ? format_count(*deadline_ms) + " ms" : "";
}

bool timed_out(const SpanRecord& attempt) {
  return text_of(attempt, "error.type") == "timeout";
}

/// What the callee tells of the attempt; null if nothing arrived.
const SpanRecord* callee_span_of(const SpanRecord& attempt, std::span<const SpanRecord> spans) {
  const auto found = std::ranges::find_if(spans, [&](const SpanRecord& span) {
    return span.kind == SpanKind::server && span.parent_span_id == attempt.span_id;
  });
  return found == spans.end() ? nullptr : &*found;
}

/// A callee that is told the deadline does not work on for nobody.
bool gave_up(const SpanRecord& callee) {
  return text_of(callee, "error.type") == "deadline-exceeded";
}

}  // namespace

std::vector<Call> calls_of(std::span<const SpanRecord> spans) {
  std::vector<const SpanRecord*> asked;
  for (const SpanRecord& span : spans) {
    if (is_call(span)) asked.push_back(&span);
  }
  std::ranges::stable_sort(asked, {}, &SpanRecord::start_unix_nano);
  std::vector<Call> calls;
  std::map<std::tuple<trace::SpanId, std::string, std::string, std::string>, std::size_t> known;
  for (const SpanRecord* span : asked) {
    const auto [found, fresh] = known.try_emplace(
        {span->parent_span_id, callee_of(*span), span->name, text_of(*span, "url.path")},
        calls.size());
    if (fresh) calls.push_back({span->service, callee_of(*span), span->name});
    calls[found->second].attempts.push_back(span);
  }
  return calls;
}

bool failed(const SpanRecord& attempt) {
  const auto status = integer_of(attempt, "http.response.status_code");
  return status ? *status >= kFirstError : attempt.status == trace::SpanStatus::error;
}

std::string outcome_of(const SpanRecord& attempt) {
  const std::string took = format_milliseconds(duration_of(attempt));
  if (const auto status = integer_of(attempt, "http.response.status_code")) {
    return fmt::format("{} in {}", *status, took);
  }
  if (timed_out(attempt)) {
    const std::string deadline = deadline_of(attempt);
    return "no answer within " + (deadline.empty() ? took : deadline);
  }
  const std::string type = text_of(attempt, "error.type");
  return fmt::format("{} after {}", type.empty() ? "ended" : type, took);
}

std::string lateness_of(const SpanRecord& attempt, std::span<const SpanRecord> spans) {
  const std::string deadline = deadline_of(attempt);
  const SpanRecord* answered = callee_span_of(attempt, spans);
  std::string answer = "had not answered when this was drawn";
  if (answered != nullptr) {
    answer = fmt::format("{} after {}", gave_up(*answered) ? "gave up" : "answered",
                         format_milliseconds(duration_of(*answered)));
  }
  return fmt::format("{} deadline, {} {}",
                     deadline.empty() ? format_milliseconds(duration_of(attempt)) : deadline,
                     callee_of(attempt), answer);
}

bool too_late(const SpanRecord& attempt, std::span<const SpanRecord> spans) {
  if (timed_out(attempt)) return true;
  const SpanRecord* answered = callee_span_of(attempt, spans);
  return answered != nullptr && gave_up(*answered);
}

std::int64_t duration_of(const SpanRecord& span) {
  return std::max(since(span.start_unix_nano, span.end_unix_nano), std::int64_t{0});
}

}  // namespace msdemo::timeline
