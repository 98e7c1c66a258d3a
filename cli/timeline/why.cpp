#include "timeline/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "timeline/calls.hpp"
#include "timeline/message_ways.hpp"
#include "timeline/sentence.hpp"
#include "timeline/span_reading.hpp"

namespace msdemo::timeline {
namespace {

using trace::SpanKind;
using trace::SpanRecord;

constexpr std::string_view kPlaceOrder = "POST /orders";
constexpr std::string_view kAskForLookup = "user.lookup.requested";
constexpr std::string_view kLookups = "user.lookup.";
constexpr std::size_t kOutcomesTold = 12;  ///< of one call's attempts

/// An order by message that is no longer pending.
struct Ending {
  std::string status;
  std::int64_t at = 0;  ///< nanoseconds since the epoch
};

/// The spans of one trace, and what in them is the request that is asked about. Used once.
class Story {
 public:
  Story(std::span<const SpanRecord> spans, std::string_view reason)
      : spans_(spans),
        reason_(reason),
        decisions_(decisions_of(spans)),
        calls_(calls_of(spans)),
        ways_(message_ways_of(spans)) {
    find_entry();
    find_ending();
  }

  Explanation tell() {
    Explanation told;
    told.order_id = order_id();
    told.rejected = ending_ && ending_->status == "rejected";
    told.headline = fmt::format("{}: {}", outcome(), cause());
    told.measured = measured();
    told.attempts = attempts();
    told.decisions = std::move(decisions_);
    return told;
  }

 private:
  void find_entry();
  void find_ending();
  const SpanRecord* find(trace::SpanId id) const;
  std::optional<std::int64_t> order_id() const;
  std::string outcome() const;
  std::string subject(std::optional<std::int64_t> status) const;
  std::string cause() const;
  std::string cause_of_messages() const;
  std::string undecided() const;
  const Decision* last_decision(bool refused) const;
  const SpanRecord* last_attempt() const;
  std::string stored() const;
  std::vector<std::string> measured() const;
  std::vector<Attempts> attempts() const;

  /// The call that the whole trace is about, seen by its caller; the rest is told below it.
  bool is_entry(const Call& call) const { return call.attempts.front() == asked_; }
  const SpanRecord& whole() const { return asked_ != nullptr ? *asked_ : *entry_; }

  std::span<const SpanRecord> spans_;
  std::string_view reason_;
  std::vector<Decision> decisions_;
  std::vector<Call> calls_;
  std::vector<MessageWay> ways_;
  const SpanRecord* entry_ = nullptr;  ///< as its service saw it; null if that did not arrive
  const SpanRecord* asked_ = nullptr;  ///< as its caller saw it; null if nobody traced that
  std::optional<Ending> ending_;
};

const SpanRecord* Story::find(trace::SpanId id) const {
  const auto found = std::ranges::find(spans_, id, &SpanRecord::span_id);
  return found == spans_.end() ? nullptr : &*found;
}

/// The earliest request for an order, else the earliest of any, else the earliest span.
void Story::find_entry() {
  const auto rank = [](const SpanRecord& span) {
    const bool server = span.kind == SpanKind::server;
    return std::tuple(!(server && integer_of(span, "msdemo.order.id")),
                      !(server && span.name == kPlaceOrder),
                      !(is_call(span) && span.name == kPlaceOrder), !server, !is_call(span),
                      span.start_unix_nano);
  };
  const SpanRecord& first = *std::ranges::min_element(spans_, {}, rank);
  if (is_call(first)) {
    asked_ = &first;
    return;
  }
  entry_ = &first;
  const SpanRecord* above = find(first.parent_span_id);
  if (above != nullptr && is_call(*above)) asked_ = above;
}

void Story::find_ending() {
  const auto ends = [this](std::string_view status, std::int64_t at) {
    if (!ending_ || at >= ending_->at) ending_ = {std::string(status), at};
  };
  for (const SpanRecord& span : spans_) {
    const std::string topic = topic_of(span);
    const bool decided = span.kind == SpanKind::producer &&
                         (topic == "order.confirmed" || topic == "order.rejected");
    if (decided) {
      const SpanRecord* by = find(span.parent_span_id);
      ends(topic.substr(topic.find('.') + 1),
           by != nullptr ? by->end_unix_nano : span.start_unix_nano);
    } else if (span.kind == SpanKind::consumer && span.service == "order" &&
               span.status != trace::SpanStatus::error && topic.ends_with(".dead")) {
      ends("failed", span.end_unix_nano);
    }
  }
}

std::optional<std::int64_t> Story::order_id() const {
  return entry_ == nullptr ? std::nullopt : integer_of(*entry_, "msdemo.order.id");
}

std::string Story::subject(std::optional<std::int64_t> status) const {
  if (const auto id = order_id()) return fmt::format("order {}", *id);
  if (whole().name != kPlaceOrder) return whole().name;
  if (status && *status < 300) return "an order";
  // After any other answer it certainly does not exist (docs/reference/errors.md).
  const bool unreached = text_of(whole(), "error.type") == "unreachable";
  return unreached || (status && *status != 500) ? "no order" : "perhaps an order";
}

std::string Story::outcome() const {
  auto status = integer_of(whole(), "http.response.status_code");
  if (!status && entry_ != nullptr) status = integer_of(*entry_, "http.response.status_code");
  const std::string after = format_milliseconds(duration_of(whole()));
  std::string text = subject(status);
  if (status) {
    text += fmt::format(", HTTP {} after {}", *status, after);
  } else {
    text += asked_ == nullptr ? ", " + after : ", no answer after " + after;
  }
  if (ending_) {
    text += fmt::format(", {} after {}", ending_->status,
                        format_milliseconds(since(whole().start_unix_nano, ending_->at)));
  } else if (std::ranges::find(ways_, kAskForLookup, &MessageWay::topic) != ways_.end()) {
    text += ", pending";
  }
  return text;
}

/// The last decision; if the request was refused, the last that can have decided that: none before
/// its last attempt, and no latency. Those of policies come before those of faults, which only
/// provoke.
const Decision* Story::last_decision(bool refused) const {
  const SpanRecord* attempt = refused ? last_attempt() : nullptr;
  std::int64_t from_ns = std::numeric_limits<std::int64_t>::min();
  if (attempt != nullptr) {
    from_ns = since(beginning_of(spans_),
                    failed(*attempt) ? attempt->start_unix_nano : attempt->end_unix_nano);
  }
  const Decision* last = nullptr;
  for (const Decision& decision : decisions_) {
    if (decision.at_ns < from_ns || (refused && decision.name == "fault.latency")) continue;
    if (last == nullptr || decision.is_policy() || !last->is_policy()) last = &decision;
  }
  return last;
}

/// The last attempt of the last call below the request.
const SpanRecord* Story::last_attempt() const {
  const SpanRecord* last = nullptr;
  for (const Call& call : calls_) {
    if (!is_entry(call)) last = call.attempts.back();
  }
  return last;
}

std::string Story::cause() const {
  if (std::string messages = cause_of_messages(); !messages.empty()) return messages;
  const SpanRecord* attempt = last_attempt();
  const bool refused = failed(whole());
  if (refused && attempt != nullptr && too_late(*attempt, spans_))
    return lateness_of(*attempt, spans_);
  if (const Decision* decision = last_decision(refused)) return decision->rule;
  return (decisions_.empty() ? "no rule interfered" : "no rule decided that") + undecided();
}

std::string Story::cause_of_messages() const {
  for (const MessageWay& way : ways_) {
    const std::string death = death_of(way);
    if (death.empty() || (ending_ && ending_->status != "failed")) continue;
    return fmt::format("{} became a dead letter after {}: {}", way.topic,
                       count_of(deliveries_of(way), "attempt"), death);
  }
  if (ending_ && ending_->status == "rejected" && !reason_.empty()) return std::string(reason_);
  for (const MessageWay& way : ways_) {
    const std::int64_t deliveries = deliveries_of(way);
    if (!ending_ && !way.acked()) return story_of(way);
    if (deliveries > 1) {
      return fmt::format("{} took {}: {}", way.topic, count_of(deliveries, "attempt"),
                         delay_of(way));
    }
  }
  return {};
}

/// What took the time instead, in short.
std::string Story::undecided() const {
  std::string text;
  for (const Call& call : calls_) {
    if (is_entry(call)) continue;
    const SpanRecord& last = *call.attempts.back();
    text +=
        failed(last) || call.attempts.size() > 1
            ? fmt::format(", {}: {}", call.peer, outcome_of(last))
            : fmt::format(", {} answered in {}", call.peer, format_milliseconds(duration_of(last)));
  }
  const MessageWay* longest = nullptr;  // in the queue, of those that the order waits for
  for (const MessageWay& way : ways_) {
    if (way.attempts.empty() || !way.topic.starts_with(kLookups)) continue;
    if (longest == nullptr || dwell_of(way) > dwell_of(*longest)) longest = &way;
  }
  if (longest != nullptr) {
    return text + fmt::format(", {} was {} in the queue of {}", longest->topic,
                              format_milliseconds(dwell_of(*longest)), longest->group);
  }
  const std::string how_stored = stored();
  return how_stored.empty() ? text : text + ", " + how_stored;
}

std::string Story::stored() const {
  if (entry_ == nullptr || entry_->name != kPlaceOrder) return {};
  for (const SpanRecord& span : spans_) {
    const bool insert = span.parent_span_id == entry_->span_id && span.name.starts_with("INSERT ");
    if (!insert) continue;
    const std::string took = format_milliseconds(duration_of(span));
    return span.status == trace::SpanStatus::error
               ? fmt::format("the order could not be stored: {}", failure_of(span))
               : fmt::format("the order was stored in {}", took);
  }
  return {};
}

std::vector<std::string> Story::measured() const {
  std::vector<std::string> sentences;
  for (const Call& call : calls_) {
    if (is_entry(call)) continue;
    const std::size_t count = call.attempts.size();
    std::string outcomes;
    for (std::size_t at = 0; at < std::min(count, kOutcomesTold); ++at) {
      const SpanRecord& attempt = *call.attempts[at];
      outcomes += at == 0 ? "" : ", ";
      outcomes += too_late(attempt, spans_) ? lateness_of(attempt, spans_) : outcome_of(attempt);
    }
    if (count > kOutcomesTold) outcomes += fmt::format(", … {} more", count - kOutcomesTold);
    const std::string amplified =
        count > 1 ? fmt::format("{} attempts for 1 call: ", format_count(std::int64_t(count))) : "";
    sentences.push_back(fmt::format("{}{} asked {} {}: {}", amplified, call.service, call.peer,
                                    call.name, outcomes));
  }
  if (std::string how_stored = stored(); !how_stored.empty()) sentences.push_back(how_stored);
  for (const MessageWay& way : ways_) sentences.push_back(story_of(way));
  return sentences;
}

std::vector<Attempts> Story::attempts() const {
  std::vector<Attempts> all;
  for (const Call& call : calls_) {
    const auto failures = std::ranges::count_if(
        call.attempts, [](const SpanRecord* attempt) { return failed(*attempt); });
    all.push_back({call.service, call.peer, call.name,
                   static_cast<std::int64_t>(call.attempts.size()), failures});
  }
  for (const MessageWay& way : ways_) {
    const auto failures = std::ranges::count_if(way.attempts, [](const SpanRecord* attempt) {
      return attempt->status == trace::SpanStatus::error;
    });
    all.push_back({way.group, {}, way.topic, deliveries_of(way), failures});
  }
  return all;
}

}  // namespace

Explanation explain(std::span<const SpanRecord> spans, std::string_view reason) {
  return Story(spans, reason).tell();
}

}  // namespace msdemo::timeline
