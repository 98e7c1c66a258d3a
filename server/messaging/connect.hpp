// Which broker a URL means. What the services do with it is in broker.hpp, whichever it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "messaging/broker.hpp"
#include "messaging/queue_inspector.hpp"

namespace msdemo::messaging {

/// What a broker is told besides its address; the defaults are what the services use.
struct BrokerOptions {
  /// `http://host:port`: the embedded broker. `amqp://user:password@host:port/vhost`: RabbitMQ.
  /// `kafka://host:port[,host:port…]`: Kafka. `?prefix=NAME` puts NAME and a dot before the names
  /// of everything at RabbitMQ and Kafka, so that several labs can share one.
  std::string url;
  std::int64_t topic_messages = limits::kTopicMessages;  ///< where the engine can bound a topic
  int max_attempts = limits::kMaxAttempts;
  std::chrono::milliseconds lease = limits::kLease;  ///< where the engine has leases
  std::chrono::milliseconds call =
      limits::kBrokerCall;  ///< the longest that any call but receive() takes

  /// Whose queues inspect() looks for, where the engine cannot list them: by default the lab's.
  std::vector<std::string> groups = {"notify", "order", "user"};
};

/// Whether `url` is one of a broker that is not part of msdemo.
bool is_external(const std::string& url);

/// Checks the URL and connects to nothing yet: a broker that is away at the start is a failure of
/// the calls, which are repeated. Fails with usage, never naming a password, for an unknown scheme
/// or a wrong URL, and with lab_failed, naming the package, for an engine this build lacks.
Result<std::unique_ptr<Broker>> connect(const BrokerOptions& options);

/// For people who look into the queues. Fails as connect().
Result<std::unique_ptr<QueueInspector>> inspect(const BrokerOptions& options);

// One pair for each engine that may be missing in a build.
Result<std::unique_ptr<Broker>> connect_rabbitmq(const BrokerOptions& options);
Result<std::unique_ptr<QueueInspector>> inspect_rabbitmq(const BrokerOptions& options);
Result<std::unique_ptr<Broker>> connect_kafka(const BrokerOptions& options);
Result<std::unique_ptr<QueueInspector>> inspect_kafka(const BrokerOptions& options);

}  // namespace msdemo::messaging
