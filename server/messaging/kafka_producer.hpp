// Sends records to Kafka and returns when it has them for good: acks=all, with an idempotent
// producer, so that the library's own repeats neither double nor reorder anything.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "messaging/kafka_client.hpp"

namespace msdemo::messaging {

/// A record on its way. The texts are the caller's and outlive the call.
struct KafkaRecord {
  std::string topic;  ///< as it is called at Kafka
  std::int32_t partition = RD_KAFKA_PARTITION_UA;
  std::string_view key{};
  std::optional<std::string_view> value{};  ///< none: what was said under this key is void
  std::vector<std::pair<const char*, std::string>> headers{};
};

/// Thread-safe; calls share each other's batches. Ends within `call` when it is destroyed.
class KafkaProducer {
 public:
  static Result<std::unique_ptr<KafkaProducer>> open(const std::string& servers,
                                                     std::chrono::milliseconds call);
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;
  ~KafkaProducer();

  /// Returns when every record is with all replicas that are in sync. A definite failure says that
  /// none is there; after an indefinite one some or all may be.
  Result<void> send(std::span<const KafkaRecord> records);

  /// For what else this connection can be asked.
  rd_kafka_t* client() const { return client_.get(); }

  /// It gave up for good, as the library sometimes has to; only a new one can send.
  bool broken() const;

 private:
  KafkaProducer(KafkaHandle client, std::chrono::milliseconds call);

  KafkaHandle client_;
  const std::chrono::milliseconds call_;
  KafkaQueue reports_;
  std::atomic<bool> stopping_ = false;
  std::thread reporter_;
};

}  // namespace msdemo::messaging
