// Where RabbitMQ is and what our exchanges and queues are called there, told by a broker URL.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace msdemo::messaging {

/// What a URL `amqp://user:password@host:port/vhost` says. `shown` may be logged.
struct RabbitmqAddress {
  std::string host;
  int port;
  std::string user;
  std::string password;
  std::string vhost;
  std::string shown;
};

/// A topic has no object of its own at RabbitMQ: it is a routing key of an exchange. ':' is in no
/// group's name, so that no two of these meet.
class RabbitmqNames {
 public:
  explicit RabbitmqNames(const std::string& prefix)
      : base_(prefix.empty() ? "msdemo" : prefix + ".msdemo") {}

  /// What is published to a topic goes here; to `<topic>.dead`, there, with the key `<topic>`.
  std::string exchange() const { return base_; }
  std::string dead_exchange() const { return base_ + ":dead"; }

  /// The exchange and the queue of what is published while no group listens to it.
  std::string unheard() const { return base_ + ":unheard"; }

  /// A group's queue, and that of the copies of dead letters it listens to.
  std::string queue(std::string_view group) const { return of(group, ""); }
  std::string copies(std::string_view group) const { return of(group, ":copies"); }

  /// The exchange to which a group's dead letters go, and the queue that keeps them.
  std::string died(std::string_view group) const { return of(group, kDied); }
  std::string dead_letters(std::string_view group) const { return of(group, ":dead"); }

  /// Is what came through this exchange a copy of a dead letter?
  bool of_the_dead(std::string_view exchange) const {
    return exchange == dead_exchange() || exchange.ends_with(kDied);
  }

 private:
  static constexpr std::string_view kDied = ":died";

  std::string of(std::string_view group, std::string_view what) const {
    return base_ + "." + std::string(group) + std::string(what);
  }

  std::string base_;
};

struct RabbitmqPlace {
  RabbitmqAddress address;
  RabbitmqNames names;
};

/// Fails with usage, never repeating the password.
Result<RabbitmqPlace> parse_rabbitmq_url(const std::string& url);

}  // namespace msdemo::messaging
