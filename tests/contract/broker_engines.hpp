// The message brokers that the broker contract is checked on. Each executable of the contract's
// suite has its own: embedded_engine.cpp, rabbitmq_engine.cpp, kafka_engine.cpp.
#pragma once

#include <chrono>
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

  // What an engine may keep otherwise. docs/reference/messages.md says how, for each that does.

  /// A lease ends when its time is over, rather than with its consumer's connection.
  virtual bool leases_end_by_time() const { return true; }

  /// A message counts as given out when receive() returns it, rather than when it is sent ahead.
  virtual bool attempts_begin_with_receive() const { return true; }

  /// A topic keeps what its groups are done with for groups to come.
  virtual bool late_groups_get_history() const { return true; }

  /// A topic is full at kTopicMessages and not only thereabouts.
  virtual bool bounds_topics_exactly() const { return true; }

  /// The inspector shows messages, and tells apart a queue's topics.
  virtual bool shows_messages() const { return true; }

  /// restart() works: the server is the test's own.
  virtual bool restarts() const { return true; }
};

struct BrokerEngine {
  std::string name;
  std::unique_ptr<BrokerUnderTest> (*start)();

  /// How long a consumer looks before there is nothing for it: zero where receive() asks and is
  /// answered, more where messages are sent.
  std::chrono::milliseconds glance{0};
};

/// Those that this executable checks.
const std::vector<BrokerEngine>& broker_engines();

}  // namespace msdemo::test
