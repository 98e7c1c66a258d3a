// Where Kafka is and what things are called there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace msdemo::messaging {

/// `kafka://host:port[,host:port…][?prefix=NAME&partitions=N&replication=N]`
///
/// A topic is called as ours, after `prefix.`, and so is a group. What only the adapter knows has
/// two underscores in its name, which no topic of ours can have.
struct KafkaAddress {
  static Result<KafkaAddress> parse(std::string_view url);

  std::string topic(std::string_view name) const { return scope() + std::string(name); }
  std::string group(std::string_view name) const { return scope() + std::string(name); }

  /// The topic that holds the dead letters of all groups.
  std::string letters() const { return inner("letters"); }

  /// The topic from which only `group` is given messages: its redriven dead letters.
  std::string redriven(std::string_view group) const {
    return inner("redriven.") + std::string(group);
  }

  /// The regular expression by which Kafka's client knows the topics of `pattern`.
  std::string expression(std::string_view pattern) const;

  /// What a topic or group at Kafka is called here; nothing if it is none of ours.
  std::optional<std::string> name_of(std::string_view at_kafka) const;

  std::string servers;
  std::string prefix{};
  int partitions;
  int replication = 0;  ///< 0: three, or as many as there are brokers

 private:
  std::string scope() const { return prefix.empty() ? "" : prefix + "."; }
  std::string inner(std::string_view what) const;
};

/// A number that means the message at `offset` to people and in logs, in every process.
std::int64_t kafka_message_id(std::string_view topic, std::int32_t partition, std::int64_t offset);

}  // namespace msdemo::messaging
