#include "timeline/message_ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "timeline/calls.hpp"
#include "timeline/sentence.hpp"
#include "timeline/span_reading.hpp"

namespace msdemo::timeline {

using trace::SpanKind;
using trace::SpanRecord;

namespace {

constexpr std::string_view kDeadLetter = "dead letter: ";
constexpr std::int64_t kDeliveriesTold = 4;  ///< one by one; of more the first and the last

/// When its consumers could first have had it.
std::int64_t published_at(const MessageWay& way) {
  if (way.queue != nullptr) return way.queue->start_unix_nano;
  if (way.publish != nullptr) return way.publish->end_unix_nano;
  return way.attempts.front()->start_unix_nano;
}

/// A message that no group has acked has no span of its stay; its deliveries name their parent all
/// the same.
void add_publications(std::vector<MessageWay>& ways, std::span<const SpanRecord> spans) {
  for (const SpanRecord& span : spans) {
    if (span.kind != SpanKind::producer || span.status == trace::SpanStatus::error) continue;
    if (std::ranges::find(ways, &span, &MessageWay::publish) != ways.end()) continue;
    const auto orphan = std::ranges::find_if(ways, [&](const MessageWay& way) {
      return way.publish == nullptr && way.queue == nullptr && way.topic == topic_of(span);
    });
    if (orphan != ways.end()) {
      orphan->publish = &span;
    } else {
      ways.push_back({topic_of(span), {}, &span});
    }
  }
}

std::string outcome_of_delivery(const MessageWay& way, const SpanRecord& attempt) {
  const std::string after = format_milliseconds(since(published_at(way), attempt.end_unix_nano));
  return attempt.status == trace::SpanStatus::error
             ? fmt::format("failed after {} ({})", after, failure_of(attempt))
             : "done after " + after;
}

std::string story_of_deliveries(const MessageWay& way) {
  const std::int64_t count = deliveries_of(way);
  const bool each = count <= kDeliveriesTold;
  std::string story = count_of(count, "attempt") + ": ";
  std::int64_t told = 0;
  for (const SpanRecord* attempt : way.attempts) {
    const bool last = attempt == way.attempts.back();
    if (told > 0 && !each && !last) continue;
    const std::int64_t number = attempt_of(*attempt);
    const std::int64_t skipped = number - told - 1;
    if (skipped > 0 && !each) story += fmt::format("{} more, ", skipped);
    for (std::int64_t lost = told + 1; each && lost < number; ++lost) {
      story += fmt::format("{} left no span, ", lost);
    }
    story += fmt::format("{} {}{}", number, outcome_of_delivery(way, *attempt), last ? "" : ", ");
    told = number;
  }
  return story;
}

}  // namespace

std::vector<MessageWay> message_ways_of(std::span<const SpanRecord> spans) {
  std::map<trace::SpanId, const SpanRecord*> by_id;
  for (const SpanRecord& span : spans) by_id.emplace(span.span_id, &span);
  std::vector<MessageWay> ways;
  std::map<trace::SpanId, std::size_t> by_queue;
  for (const SpanRecord& span : spans) {
    if (!is_queue(span) || !by_queue.emplace(span.span_id, ways.size()).second) continue;
    const auto publish = by_id.find(span.parent_span_id);
    ways.push_back({topic_of(span), text_of(span, "messaging.consumer.group.name"),
                    publish == by_id.end() ? nullptr : publish->second, &span});
  }
  for (const SpanRecord& span : spans) {
    if (span.kind != SpanKind::consumer) continue;
    const auto [way, fresh] = by_queue.emplace(span.parent_span_id, ways.size());
    if (fresh) ways.push_back({topic_of(span), span.service});
    ways[way->second].attempts.push_back(&span);
  }
  add_publications(ways, spans);
  for (MessageWay& way : ways) {
    std::ranges::stable_sort(way.attempts, {}, &SpanRecord::start_unix_nano);
  }
  std::ranges::stable_sort(ways, {}, published_at);
  return ways;
}

std::int64_t dwell_of(const MessageWay& way) {
  return since(published_at(way), way.attempts.front()->start_unix_nano);
}

std::int64_t deliveries_of(const MessageWay& way) {
  auto count = static_cast<std::int64_t>(way.attempts.size());
  for (const SpanRecord* attempt : way.attempts) count = std::max(count, attempt_of(*attempt));
  return count;
}

std::string story_of(const MessageWay& way) {
  std::string story = way.topic;
  if (!way.group.empty()) story += " to " + way.group;
  story += ": ";
  if (deliveries_of(way) > 1) {
    story += story_of_deliveries(way);
  } else if (way.attempts.empty()) {
    story += way.acked() ? "no span arrived from its consumer" : "not acked when this was drawn";
  } else {
    const SpanRecord& attempt = *way.attempts.front();
    const bool error = attempt.status == trace::SpanStatus::error;
    story +=
        fmt::format("{} in the queue, {} {}", format_milliseconds(dwell_of(way)),
                    error ? "failed after" : "done in", format_milliseconds(duration_of(attempt)));
    if (error) story += fmt::format(" ({})", failure_of(attempt));
  }
  if (!death_of(way).empty()) story += ", then a dead letter";
  return story;
}

std::string delay_of(const MessageWay& way) {
  const auto failure = std::ranges::find(way.attempts.rbegin(), way.attempts.rend(),
                                         trace::SpanStatus::error, &SpanRecord::status);
  if (failure != way.attempts.rend()) return failure_of(**failure);
  const auto told = static_cast<std::int64_t>(way.attempts.size());
  return format_count(deliveries_of(way) - told) + " left no span";
}

std::string death_of(const MessageWay& way) {
  if (way.queue == nullptr || !way.queue->status_message.starts_with(kDeadLetter)) return {};
  return way.queue->status_message.substr(kDeadLetter.size());
}

bool more_to_come(std::span<const MessageWay> ways) {
  constexpr std::string_view kSuffix = ".dead";
  const auto decides = [](const MessageWay& way) {
    return way.topic == "order.confirmed" || way.topic == "order.rejected";
  };
  const bool decided = std::ranges::any_of(ways, decides);
  return std::ranges::any_of(ways, [&](const MessageWay& way) {
    if (way.topic == "user.lookup.replied") {
      return way.acked() && death_of(way).empty() && !decided;
    }
    if (!way.topic.ends_with(kSuffix)) return false;
    const auto topic = std::string_view(way.topic).substr(0, way.topic.size() - kSuffix.size());
    return std::ranges::none_of(ways, [&](const MessageWay& letter) {
      return letter.topic == topic && !death_of(letter).empty();
    });
  });
}

}  // namespace msdemo::timeline
