// What the notify service does with messages: it sends receipts. Nobody who publishes knows of it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "messaging/consumer.hpp"
#include "notify/store.hpp"

namespace msdemo::notify {

/// Thread-safe. What it is given must outlive it.
class NotifyWorker {
 public:
  NotifyWorker(ReceiptStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Everything that is told about orders.
  static std::vector<std::string> topics() { return {"order.*"}; }

  /// A messaging::Handler: one receipt for each event about an order. "Sending" is a line in the
  /// log after the commit.
  Result<void> handle(std::span<const messaging::Received> batch);

 private:
  ReceiptStore& store_;
  const Clock& clock_;
};

}  // namespace msdemo::notify
