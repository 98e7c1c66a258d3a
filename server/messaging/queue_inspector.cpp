#include "messaging/queue_inspector.hpp"

namespace msdemo::messaging {

Json to_json(const QueueState& queue) {
  return {{"topic", queue.topic},
          {"group", queue.group},
          {"ready", queue.ready},
          {"in_flight", queue.in_flight},
          {"dead", queue.dead},
          {"redelivered", queue.redelivered},
          {"oldest_age_ms", queue.oldest_age_ms ? Json(*queue.oldest_age_ms) : Json()},
          {"published_per_s", queue.published_per_s},
          {"acked_per_s", queue.acked_per_s}};
}

Json to_json(const PeekedMessage& message) {
  return {{"id", message.id},
          {"published_at", message.published_at},
          {"group", message.group},
          {"state", message.state},
          {"attempts", message.attempts},
          {"topic", message.message.topic},
          {"key", message.message.key},
          {"body", message.message.body}};
}

Json to_json(const DeadLetter& letter) {
  return {{"id", letter.id},           {"died_at", letter.died_at},
          {"group", letter.group},     {"attempts", letter.attempts},
          {"reason", letter.reason},   {"topic", letter.message.topic},
          {"key", letter.message.key}, {"body", letter.message.body}};
}

}  // namespace msdemo::messaging
