// Reads what Kafka has without being anybody's consumer: topics, offsets, groups and records. For
// looking into queues.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "messaging/kafka_client.hpp"
#include "messaging/kafka_member.hpp"

namespace msdemo::messaging {

/// Not thread-safe. Every call takes as long as `call` at most and fails definitely.
class KafkaReader {
 public:
  struct Range {
    std::int64_t from;
    std::int64_t to;  ///< the first that is not in it
  };
  using Offsets = std::map<KafkaSlot, std::int64_t>;

  static Result<KafkaReader> open(const std::string& servers, std::chrono::milliseconds call);

  /// The partitions of each topic.
  Result<std::map<std::string, int>> topics();

  /// The groups that have joined or committed.
  Result<std::vector<std::string>> groups();

  /// What the group has committed, of all topics.
  Result<std::map<KafkaSlot, KafkaCommit>> committed(const std::string& group);

  /// The first offset that is there, and the one that the next record will have.
  Result<std::map<KafkaSlot, Range>> ends(const std::vector<KafkaSlot>& slots);

  /// Of the first record since then; the end if there is none.
  Result<Offsets> since(const std::vector<KafkaSlot>& slots, std::int64_t unix_ms);

  /// What these ranges hold, by partition in their order.
  Result<std::vector<KafkaMessage>> read(const std::map<KafkaSlot, Range>& ranges);

 private:
  KafkaReader(KafkaHandle client, std::chrono::milliseconds call)
      : client_(std::move(client)), call_(call) {}

  Result<Offsets> offsets(const std::vector<KafkaSlot>& slots, std::int64_t time);
  Result<KafkaEvent> ask(rd_kafka_admin_op_t what, const std::string& failure, auto&& send);

  KafkaHandle client_;
  std::chrono::milliseconds call_;
};

}  // namespace msdemo::messaging
