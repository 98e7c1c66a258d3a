// Kafka as a broker under test: the server at MSDEMO_TEST_KAFKA, and names of the test's own there.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "contract/broker_engines.hpp"
#include "messaging/connect.hpp"

namespace msdemo::test {

/// What a test calls things at the shared server; they are removed with it.
class KafkaScope {
 public:
  /// `server` has the form kafka://host:port.
  explicit KafkaScope(std::string server);
  KafkaScope(const KafkaScope&) = delete;
  KafkaScope& operator=(const KafkaScope&) = delete;
  ~KafkaScope();

  /// The address of a broker with `partitions` for each topic.
  std::string url(int partitions = 3) const;

 private:
  const std::string server_;
  const std::string prefix_;
};

class KafkaUnderTest final : public BrokerUnderTest {
 public:
  /// Shorter than kLease, which the tests' delays are: one wait ends both.
  static constexpr std::chrono::milliseconds kLease{2000};

  /// What a call may take: a server that was just started makes topics slowly.
  static constexpr std::chrono::seconds kPatience{20};

  explicit KafkaUnderTest(std::string server);

  messaging::Broker& broker() override { return *broker_; }
  messaging::QueueInspector* inspector() override { return inspector_.get(); }
  void let_leases_end() override;
  void restart() override {}

  /// What groups lag behind is bounded by time, not by number.
  bool bounds_topics_exactly() const override { return false; }

  /// The server serves other tests, too.
  bool restarts() const override { return false; }

  /// Another client of the same broker, as another process would be.
  std::unique_ptr<messaging::Broker> another() const;
  std::string url() const { return scope_.url(); }

 private:
  messaging::BrokerOptions options() const;

  const KafkaScope scope_;
  std::unique_ptr<messaging::Broker> broker_;
  std::unique_ptr<messaging::QueueInspector> inspector_;
};

/// Where the tests' Kafka is; nothing, and the word that the test is skipped, without one.
std::unique_ptr<KafkaUnderTest> kafka_under_test();

}  // namespace msdemo::test
