// What the user service does with messages: it looks users up for whoever asks.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "messaging/broker.hpp"
#include "messaging/consumer.hpp"
#include "user/store.hpp"

namespace msdemo::user {

/// Thread-safe. What it is given must outlive it.
class UserWorker {
 public:
  UserWorker(UserStore& store, messaging::Broker& broker, const Clock& clock)
      : store_(store), broker_(broker), clock_(clock) {}

  static std::vector<std::string> topics();

  /// A messaging::Handler: answers each `user.lookup.requested` with one `user.lookup.replied`,
  /// durable with the broker when it returns. It changes nothing of its own, so that a request that
  /// comes again is simply answered again: the reply's id is derived from the request's, and its
  /// receiver knows it.
  Result<void> handle(std::span<const messaging::Received> batch);

 private:
  UserStore& store_;
  messaging::Broker& broker_;
  const Clock& clock_;
};

}  // namespace msdemo::user
