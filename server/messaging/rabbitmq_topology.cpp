#include "messaging/rabbitmq_topology.hpp"

#include <algorithm>
#include <vector>

#include "base/limits.hpp"
#include "messaging/names.hpp"

namespace msdemo::messaging {

namespace {

using Arguments = RabbitmqConnection::Arguments;

/// Every key; of a fanout exchange's bindings, none matters.
constexpr const char* kAnyKey = "#";

/// RabbitMQ 3 has no word for "no limit", and RabbitMQ 4 has one by default.
constexpr std::int64_t kUnlimited = 1'000'000'000;

constexpr const char* kUnheardConsumer = "unheard";

Arguments quorum_queue(std::int64_t max_attempts, std::int64_t max_messages,
                       const char* when_full) {
  return {{"x-queue-type", "quorum"},
          {"x-delivery-limit", max_attempts - 1},  // it counts how often a message came back
          {"x-max-length", max_messages},
          {"x-overflow", when_full}};
}

/// Does each of `steps` until one fails.
template <class... Steps>
Result<void> in_turn(Steps&&... steps) {
  Result<void> done;
  static_cast<void>(((done = steps()).has_value() && ...));
  return done;
}

std::string key_of_dead(const std::string& topic) {
  return topic.substr(0, topic.rfind('.'));
}

/// Publishes these where they were published before, and takes them out of where they wait: all or,
/// if a full queue refused one, none. How many are done with.
Result<std::int64_t> move_on(RabbitmqConnection& connection,
                             const std::vector<AmqpMessage>& messages) {
  for (const AmqpMessage& message : messages) {
    if (auto sent = connection.send(message); !sent) return fail(sent.error());
  }
  const auto confirmed = connection.await_confirmed();
  if (!confirmed) return fail(confirmed.error());
  for (const AmqpMessage& message : messages) {
    auto done = confirmed->refused == 0
                    ? connection.ack(message.tag, RabbitmqConnection::Ack::this_one)
                    : connection.give_back(message.tag);
    if (!done) return fail(done.error());
  }
  return confirmed->refused == 0 ? static_cast<std::int64_t>(messages.size()) : 0;
}

}  // namespace

Result<void> declare_exchanges(RabbitmqConnection& connection, const RabbitmqNames& names) {
  const std::string unheard = names.unheard();
  return in_turn([&] { return connection.declare_exchange(unheard, "fanout"); },
                 [&] {
                   return connection.declare_queue(
                       unheard, quorum_queue(kUnlimited, limits::kTopicRetained, "drop-head"));
                 },
                 [&] { return connection.bind_queue(unheard, unheard, kAnyKey); },
                 [&] {
                   return connection.declare_exchange(names.exchange(), "topic",
                                                      {{"alternate-exchange", unheard}});
                 },
                 [&] { return connection.declare_exchange(names.dead_exchange(), "topic"); });
}

Result<void> declare_group(RabbitmqConnection& connection, const RabbitmqNames& names,
                           const std::string& group, std::span<const std::string> topics,
                           const RabbitmqLimits& limits) {
  const std::string letters = names.dead_letters(group);
  const std::string died = names.died(group);
  Arguments live = quorum_queue(limits.max_attempts, limits.topic_messages, "reject-publish");
  // What dies is not lost on its way to the dead letters either.
  live.emplace_back("x-dead-letter-strategy", "at-least-once");
  Arguments copies = live;
  live.emplace_back("x-dead-letter-exchange", died);
  // The dead are not copied twice.
  copies.emplace_back("x-dead-letter-exchange", "");
  copies.emplace_back("x-dead-letter-routing-key", letters);

  auto done = in_turn(
      [&] {
        return connection.declare_queue(
            letters, quorum_queue(kUnlimited, limits::kDeadLetters, "reject-publish"));
      },
      [&] { return connection.declare_exchange(died, "fanout"); },
      [&] { return connection.bind_queue(letters, died, kAnyKey); },
      [&] { return connection.bind_exchange(names.dead_exchange(), died, kAnyKey); });
  if (!done) return done;
  if (std::any_of(topics.begin(), topics.end(), is_dead_topic)) {
    done = connection.declare_queue(names.copies(group), copies);
  }
  if (done && !std::all_of(topics.begin(), topics.end(), is_dead_topic)) {
    done = connection.declare_queue(names.queue(group), live);
  }
  for (const std::string& topic : topics) {
    if (!done) return done;
    done =
        is_dead_topic(topic)
            ? connection.bind_queue(names.copies(group), names.dead_exchange(), key_of_dead(topic))
            : connection.bind_queue(names.queue(group), names.exchange(), topic);
  }
  return done;
}

Result<void> publish_unheard(RabbitmqConnection& connection, const RabbitmqNames& names) {
  const auto count = connection.count(names.unheard());
  if (!count) return fail(count.error());
  if (count->value_or(0) == 0) return {};
  constexpr int kAtOnce = static_cast<int>(limits::kBatchMessages);
  if (auto done = connection.consume(names.unheard(), kUnheardConsumer, kAtOnce); !done)
    return done;
  for (std::int64_t left = count->value_or(0); left > 0;) {
    // Somebody else may be taking them, too: what does not come soon is in good hands.
    const auto came = connection.read(real_clock().steady_now() + limits::kUnheardWait);
    if (!came) return fail(came.error());
    if (!*came) break;
    const auto moved = move_on(connection, connection.take_arrived(kUnheardConsumer));
    if (!moved) return fail(moved.error());
    left -= *moved;
    if (*moved == 0) break;
  }
  if (auto done = connection.cancel(kUnheardConsumer); !done) return done;
  for (const AmqpMessage& message : connection.take_arrived(kUnheardConsumer)) {
    if (auto done = connection.give_back(message.tag); !done) return done;
  }
  return {};
}

Result<void> remove_from_rabbitmq(const std::string& url, std::span<const std::string> groups) {
  const auto place = parse_rabbitmq_url(url);
  if (!place) return fail(place.error());
  const auto opened = RabbitmqConnection::open(place->address, std::chrono::seconds(0),
                                               real_clock().steady_now() + limits::kBrokerCall);
  if (!opened) return fail(opened.error());
  RabbitmqConnection& connection = **opened;
  const RabbitmqNames& names = place->names;
  std::vector<std::string> queues = {names.unheard()};
  std::vector<std::string> exchanges = {names.exchange(), names.dead_exchange(), names.unheard()};
  for (const std::string& group : groups) {
    queues.insert(queues.end(),
                  {names.queue(group), names.copies(group), names.dead_letters(group)});
    exchanges.push_back(names.died(group));
  }
  Result<void> done;
  for (const std::string& queue : queues) {
    if (done) done = connection.delete_queue(queue);
  }
  for (const std::string& exchange : exchanges) {
    if (done) done = connection.delete_exchange(exchange);
  }
  return done;
}

}  // namespace msdemo::messaging
