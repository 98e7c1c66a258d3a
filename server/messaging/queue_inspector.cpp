#include "messaging/queue_inspector.hpp"

namespace msdemo::messaging {

namespace {

template <class Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

}  // namespace

Json to_json(const QueueState& queue) {
  return {{"topic", queue.topic},
          {"group", queue.group},
          {"ready", queue.ready},
          {"in_flight", or_null(queue.in_flight)},
          {"dead", or_null(queue.dead)},
          {"redelivered", or_null(queue.redelivered)},
          {"oldest_age_ms", or_null(queue.oldest_age_ms)},
          {"published_per_s", or_null(queue.published_per_s)},
          {"acked_per_s", or_null(queue.acked_per_s)}};
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
