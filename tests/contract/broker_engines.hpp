// The message brokers that the broker contract is checked on. Each executable of the contract's
// suite has its own: embedded_engine.cpp, rabbitmq_engine.cpp, kafka_engine.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "messaging/broker.hpp"
#include "messaging/queue_inspector.hpp"

namespace msdemo::test {

/// A broker of a test's own, empty at first, and what only a test may do to it.
class BrokerUnderTest {
 public:
  /// A topic of it holds so many messages, and a consumer has so many attempts.
  static constexpr std::int64_t kTopicMessages = 500;
  static constexpr int kMaxAttempts = 3;

  virtual ~BrokerUnderTest() = default;

  virtual messaging::Broker& broker() = 0;

  /// Null if this broker cannot be looked into.
  virtual messaging::QueueInspector* inspector() = 0;

  /// All leases and delays that run now are over when it returns.
  virtual void let_leases_end() = 0;

  /// The broker starts anew with what it had stored. Subscriptions stay usable.
  virtual void restart() = 0;

  // Where an engine keeps less than the embedded broker, or a test cannot make it happen; each is
  // told in docs/reference/messages.md.

  /// A topic has room for so many messages, then it refuses.
  virtual bool bounds_topics() const { return true; }

  /// restart() works: the server is the test's own.
  virtual bool restarts() const { return true; }
};

struct BrokerEngine {
  std::string name;
  std::unique_ptr<BrokerUnderTest> (*start)();
};

/// Those that this executable checks.
const std::vector<BrokerEngine>& broker_engines();

}  // namespace msdemo::test
