// Makes the topics that are used, before they are: Kafka's own way of making them by the way gives
// them whatever the broker's defaults are.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "messaging/kafka_address.hpp"
#include "messaging/kafka_client.hpp"

namespace msdemo::messaging {

/// Thread-safe. Remembers the topics that it has seen.
class KafkaTopics {
 public:
  /// `call` is the longest that a call takes.
  KafkaTopics(KafkaAddress address, std::chrono::milliseconds call)
      : address_(std::move(address)), call_(call) {}

  /// All of `names`, as they are called at Kafka, exist when it returns. Fails definitely.
  Result<void> ensure(rd_kafka_t* client, const std::set<std::string>& names);

  /// Of a topic that was ensured.
  int partitions(const std::string& name) const;

  /// Looks again next time: the topic is not there any more.
  void forget(const std::string& name);

 private:
  Result<std::set<std::string>> look_for(rd_kafka_t* client, const std::set<std::string>& names);
  Result<void> make(rd_kafka_t* client, const std::set<std::string>& names);

  const KafkaAddress address_;
  const std::chrono::milliseconds call_;
  mutable std::mutex mutex_;  ///< guards both below
  std::map<std::string, int> known_;
  int brokers_ = 1;
};

}  // namespace msdemo::messaging
