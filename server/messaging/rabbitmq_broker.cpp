#include "messaging/rabbitmq_broker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "messaging/connect.hpp"
#include "messaging/message_rules.hpp"
#include "messaging/names.hpp"
#include "messaging/rabbitmq_inspector.hpp"
#include "messaging/rabbitmq_subscription.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::seconds;

Result<RabbitmqSettings> settings_of(const BrokerOptions& options) {
  auto place = parse_rabbitmq_url(options.url);
  if (!place) return fail(place.error());
  // A consumer that is paused for two heartbeats is cut off; so they are the leases here.
  const auto heartbeat = std::max(std::chrono::ceil<seconds>(options.lease), seconds(1));
  return RabbitmqSettings{
      .place = std::move(*place),
      .limits = {.topic_messages = options.topic_messages, .max_attempts = options.max_attempts},
      .heartbeat = heartbeat,
      .call = options.call};
}

}  // namespace

RabbitmqBroker::RabbitmqBroker(RabbitmqSettings settings)
    : settings_(std::move(settings)), rng_(random_seed()) {}

Result<RabbitmqBroker::Connection> RabbitmqBroker::take_connection(SteadyTime end) {
  const SteadyTime now = real_clock().steady_now();
  for (;;) {
    Connection connection;
    SteadyTime since;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) break;
      std::tie(connection, since) = std::move(idle_.back());
      idle_.pop_back();
    }
    connection->finish_by(end);
    if (now - since < limits::kPooledIdle && connection->read(SteadyTime::min())) return connection;
  }
  auto opened = RabbitmqConnection::open(settings_.place.address, seconds(0), end);
  if (!opened) return opened;
  if (auto done = declare_exchanges(**opened, settings_.place.names); !done) {
    return fail(done.error());
  }
  return opened;
}

void RabbitmqBroker::put_back(Connection connection) {
  if (connection->broken()) return;
  const std::lock_guard lock(mutex_);
  idle_.emplace_back(std::move(connection), real_clock().steady_now());
}

std::vector<AmqpMessage> RabbitmqBroker::numbered(std::span<const Message> batch) {
  std::vector<AmqpMessage> messages;
  messages.reserve(batch.size());
  const std::int64_t now = unix_nano(real_clock().system_now());
  for (const Message& message : batch) {
    // By chance, so that those who publish need not agree: 2^62 numbers, none of them 0.
    const auto id = static_cast<std::int64_t>(rng_.next() >> 2) + 1;
    messages.push_back(to_amqp(message, id, now, settings_.place.names));
  }
  return messages;
}

Result<void> RabbitmqBroker::publish(std::span<const Message> batch) {
  if (auto checked = check_messages(batch); !checked) return checked;
  if (batch.empty()) return {};
  auto connection = take_connection(real_clock().steady_now() + settings_.call);
  if (!connection) return fail(connection.error());
  const auto messages = numbered(batch);
  auto published = publish_to(**connection, messages);
  put_back(std::move(*connection));
  return published;
}

/// Sends all, then collects what RabbitMQ says to them.
Result<void> RabbitmqBroker::publish_to(RabbitmqConnection& connection,
                                        std::span<const AmqpMessage> messages) {
  for (const AmqpMessage& message : messages) {
    if (auto sent = connection.send(message); !sent) return sent;
  }
  const auto confirmed = connection.await_confirmed();
  if (!confirmed) return fail(confirmed.error());
  if (confirmed->refused > 0) {
    return fail(Code::topic_full,
                fmt::format("RabbitMQ refused {} of {} messages: a queue is full, or not available",
                            confirmed->refused, messages.size()),
                "try again when its consumers have caught up");
  }
  // Nobody need listen to the dead. For anything else there is the queue of the unheard, unless
  // somebody deleted it.
  const bool lost = std::any_of(messages.begin(), messages.end(), [&](const AmqpMessage& message) {
    const auto& unheard = confirmed->unheard;
    return !is_dead_topic(message.topic) &&
           std::find(unheard.begin(), unheard.end(), message.id) != unheard.end();
  });
  if (!lost) return {};
  if (auto declared = declare_exchanges(connection, settings_.place.names); !declared) {
    return declared;
  }
  return fail(Code::overloaded, "RabbitMQ had no queue for a message, and has one again",
              "try again");
}

Result<std::unique_ptr<Subscription>> RabbitmqBroker::subscribe(
    const std::string& group, std::span<const std::string> topics) {
  if (auto checked = check_subscription(group, topics); !checked) return fail(checked.error());
  return RabbitmqSubscription::open(settings_, group, topics);
}

Result<std::unique_ptr<Broker>> connect_rabbitmq(const BrokerOptions& options) {
  auto settings = settings_of(options);
  if (!settings) return fail(settings.error());
  return std::make_unique<RabbitmqBroker>(std::move(*settings));
}

Result<std::unique_ptr<QueueInspector>> inspect_rabbitmq(const BrokerOptions& options) {
  auto settings = settings_of(options);
  if (!settings) return fail(settings.error());
  return std::make_unique<RabbitmqInspector>(std::move(*settings), options.groups);
}

}  // namespace msdemo::messaging
