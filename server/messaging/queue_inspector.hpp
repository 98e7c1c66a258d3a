// Looking into queues, for people. Apart from Broker, because not every engine can offer all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "messaging/broker.hpp"

namespace msdemo::messaging {

/// A topic as one group sees it. A topic without groups has one entry with an empty `group`. Where
/// an engine keeps one queue for all topics of a group, `topic` is that queue's name.
struct QueueState {
  std::string topic;
  std::string group;
  std::int64_t ready = 0;  ///< waiting to be given out, retries included

  // Nothing where an engine cannot tell.
  std::optional<std::int64_t> in_flight = 0;    ///< given out, not yet settled
  std::optional<std::int64_t> dead = 0;         ///< in this group's dead letters
  std::optional<std::int64_t> redelivered = 0;  ///< deliveries after a message's first
  std::optional<std::int64_t> oldest_age_ms;    ///< since the oldest unsettled one was published
  std::optional<double> published_per_s = 0;    ///< to the topic, over the last seconds
  std::optional<double> acked_per_s = 0;        ///< by the group, over the last seconds
};

/// One message of a topic as it stands now, for the group named in it.
struct PeekedMessage {
  std::int64_t id = 0;
  std::string published_at;  ///< RFC 3339
  std::string group;
  std::string state;  ///< `ready`, `in flight`, `retry` or `dead`
  int attempts = 0;
  Message message;
};

struct DeadLetter {
  std::int64_t id = 0;  ///< of the dead letter, not of the message
  std::string died_at;  ///< RFC 3339
  std::string group;    ///< that could not handle it
  int attempts = 0;
  std::string reason;
  Message message;
};

Json to_json(const QueueState& queue);
Json to_json(const PeekedMessage& message);
Json to_json(const DeadLetter& letter);

/// Thread-safe. All calls block for one exchange and fail as Broker::publish().
class QueueInspector {
 public:
  virtual ~QueueInspector() = default;

  /// By topic, then group.
  virtual Result<std::vector<QueueState>> queues() = 0;

  /// The oldest messages that a group has not settled, at most `limit` (up to
  /// limits::kPeekedMessages). Changes nothing. Fails with topic_not_found.
  virtual Result<std::vector<PeekedMessage>> peek(const std::string& topic, std::size_t limit) = 0;

  /// The oldest first, at most `limit`, with ids above `after`; of one topic, or of all if empty.
  virtual Result<std::vector<DeadLetter>> dead_letters(const std::string& topic, std::size_t limit,
                                                       std::int64_t after) = 0;

  /// Fails with dead_letter_not_found.
  virtual Result<DeadLetter> dead_letter(std::int64_t id) = 0;

  /// Gives the dead letter to its group once more, as if new; it is no dead letter any more. Fails
  /// with dead_letter_not_found.
  virtual Result<void> redrive(std::int64_t id) = 0;
};

}  // namespace msdemo::messaging
