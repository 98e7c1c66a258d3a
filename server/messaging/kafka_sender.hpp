// What a broker and its subscriptions send with: one producer, and the topics it needs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "messaging/connect.hpp"
#include "messaging/kafka_producer.hpp"
#include "messaging/kafka_topics.hpp"

namespace msdemo::messaging {

/// Thread-safe.
class KafkaSender {
 public:
  KafkaSender(KafkaAddress address, const BrokerOptions& options);

  const KafkaAddress& address() const { return address_; }
  const BrokerOptions& options() const { return options_; }

  /// These topics, as they are called at Kafka, exist when it returns. Fails definitely.
  Result<void> ensure(const std::set<std::string>& topics);

  /// Makes the topics if need be; then as KafkaProducer::send(). Those of the records that have
  /// neither a key nor a partition are kept in their order: each topic's go to one partition.
  Result<void> send(std::vector<KafkaRecord> records);

  /// A dead letter of `group` and, unless it died on a dead topic, its copy.
  Result<void> bury(const std::string& group, const Delivery& delivery, const std::string& reason);

  /// The connection, for questions.
  Result<std::shared_ptr<KafkaProducer>> producer();

 private:
  const KafkaAddress address_;
  const BrokerOptions options_;
  KafkaTopics topics_;
  Rng rng_;
  std::mutex mutex_;  ///< guards producer_
  std::shared_ptr<KafkaProducer> producer_;
};

}  // namespace msdemo::messaging
