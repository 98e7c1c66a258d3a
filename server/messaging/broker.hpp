// What the services ask of a message broker, whichever it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace msdemo::messaging {

/// A message on its way to a topic.
struct Message {
  std::string topic;  ///< 1 to limits::kTopicBytes of a–z, 0–9, '.' and '-'
  std::string key;    ///< partition key: messages of one key keep their order; may be empty
  std::string body;   ///< UTF-8 text up to limits::kMessageBytes; the broker does not look into it
};

/// A message that was handed to a consumer, for as long as its lease lasts.
struct Delivery {
  std::int64_t id = 0;     ///< the message's, within this broker
  std::int64_t lease = 0;  ///< fencing token: greater for every later delivery of the message
  int attempt = 1;         ///< how often the group has been given it, this time included
  std::int64_t published_unix_nano = 0;  ///< when the broker had it
  Message message;
  std::string reason;  ///< why it died; only on a topic `<topic>.dead`
};

/// One consumer of a group. receive() belongs to one thread; everything else may be called from any
/// thread. When it is destroyed or its process dies, what it has not settled comes again to the
/// group, at the latest when the lease has ended.
class Subscription {
 public:
  virtual ~Subscription() = default;

  /// Up to `max` messages, as soon as there is one; none after `wait` or interrupt(). First
  /// deliveries of one partition key come in the order in which they were published; a retry may be
  /// overtaken. What a lease of limits::kLease ran out on comes again; what was given out
  /// limits::kMaxAttempts times without an ack becomes a dead letter instead. Blocks. Fails with
  /// unreachable, timeout, connection_lost or what the broker answered; nothing is lost then.
  virtual Result<std::vector<Delivery>> receive(std::size_t max,
                                                std::chrono::milliseconds wait) = 0;

  /// Gives each delivery a whole lease from now on. Errors as ack().
  virtual Result<void> extend(std::span<const Delivery> deliveries) = 0;

  /// These are done, and the group gets them no more, unless the broker's machine fails right
  /// after. Fails with stale_lease if a lease had ended before (the message is or was with another
  /// consumer, or was settled already); all others are settled nonetheless. After an indefinite
  /// failure a message may come again.
  virtual Result<void> ack(std::span<const Delivery> deliveries) = 0;

  /// Give it to the group again, not before `delay` has passed. Errors as ack().
  virtual Result<void> retry_later(const Delivery& delivery, std::chrono::milliseconds delay) = 0;

  /// Nobody of this group can ever handle it: it moves to the group's dead letters, and a copy with
  /// `reason` is published to `<topic>.dead`. Errors as ack(), and topic_full.
  virtual Result<void> dead_letter(const Delivery& delivery, const std::string& reason) = 0;

  /// Makes the present receive() and every later one return nothing, soon.
  virtual void interrupt() = 0;
};

/// Thread-safe. At-least-once: whoever acts on messages must be ready to see one again.
class Broker {
 public:
  virtual ~Broker() = default;

  /// Publishes all messages or none, in this order, and returns when they are durable. Fails with
  /// invalid_field or body_too_large, naming the message; with topic_full when a topic has
  /// no room; with unreachable, or lab_failed if the broker does not let us in (all definite); and
  /// with timeout or connection_lost (indefinite: repeat it, and consumers may see messages twice).
  /// A broker without transactions over topics and groups (RabbitMQ, Kafka) checks all before it
  /// sends the first, but may have published a part when it fails with topic_full, timeout or
  /// connection_lost: repeat the whole batch.
  virtual Result<void> publish(std::span<const Message> batch) = 0;

  /// A consumer in `group`, which is made if it is new. Each message goes to one consumer of every
  /// group. A group gets what is published to its topics from its first subscription on, and what
  /// these topics still retain from before. In a topic `*` stands for one word: `order.*` is
  /// `order.confirmed`, but not `order.confirmed.dead`. Subscribing again with other topics adds
  /// them. Fails as publish().
  virtual Result<std::unique_ptr<Subscription>> subscribe(const std::string& group,
                                                          std::span<const std::string> topics) = 0;
};

}  // namespace msdemo::messaging
