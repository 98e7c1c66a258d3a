// The messages of a trace, each with its stay in a group's queue and its deliveries. It exists
// because an order by message is decided by consumers, one after the other, and `why` has to follow
// it from one to the next.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::timeline {

/// One message to one group. The spans must outlive it.
struct MessageWay {
  std::string topic;
  std::string group;                           ///< who consumes it; empty if nobody told
  const trace::SpanRecord* publish = nullptr;  ///< null if it did not arrive
  const trace::SpanRecord* queue = nullptr;    ///< null until the ack, or if it did not arrive
  std::vector<const trace::SpanRecord*> attempts{};  ///< the deliveries that told, by start

  bool acked() const { return queue != nullptr; }
};

/// By the time of their publication, as far as it is known.
std::vector<MessageWay> message_ways_of(std::span<const trace::SpanRecord> spans);

/// From its publication to the first delivery that told; there must be one.
std::int64_t dwell_of(const MessageWay& way);

/// How many deliveries there were, also those that never told.
std::int64_t deliveries_of(const MessageWay& way);

/// `user.lookup.requested to user: 0.38 ms in the queue, done in 1.2 ms`
std::string story_of(const MessageWay& way);

/// Why there was more than one delivery: the last failure, or how many never told.
std::string delay_of(const MessageWay& way);

/// Why it became a dead letter; empty if it did not, as far as is known.
std::string death_of(const MessageWay& way);

/// Whether spans are missing that others prove: a copy on a `.dead` topic is there before those of
/// the letter it was made of, or a lookup's reply was handled, but no decision has been published.
bool more_to_come(std::span<const MessageWay> ways);

}  // namespace msdemo::timeline
