// How a message, a dead letter, its copy and a redriven one are written as records of Kafka. What
// does not fit into key and value is in headers, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messaging/kafka_address.hpp"
#include "messaging/kafka_producer.hpp"
#include "messaging/queue_inspector.hpp"

namespace msdemo::messaging {

KafkaRecord kafka_record(const KafkaAddress& address, const Message& message);

/// A record of a topic, or of a group's redriven letters, as it is given out.
Delivery kafka_delivery(const KafkaAddress& address, const rd_kafka_message_t& record);

/// A dead letter as its store has it, and what it needs to be given out once more. The store is a
/// compacted topic: of the records with one key the last one counts, and one without a value says
/// that the letter was redriven.
struct KafkaLetter {
  std::string key;  ///< its group and message
  Delivery delivery;
  DeadLetter letter;
};

/// `delivery` as a dead letter of `group`. The texts are `key`'s and the delivery's.
KafkaRecord kafka_letter(const KafkaAddress& address, const std::string& group,
                         const Delivery& delivery, const std::string& reason,
                         const std::string& key);
std::string kafka_letter_key(const std::string& group, const Delivery& delivery);

/// Reads a record of the store that has a value.
KafkaLetter parse_kafka_letter(const rd_kafka_message_t& record);

/// Its copy on `<topic>.dead`.
KafkaRecord kafka_dead_copy(const KafkaAddress& address, const std::string& group,
                            const Delivery& delivery, const std::string& reason);

/// It, for its group only; and the word that it is no dead letter any more.
KafkaRecord kafka_redriven(const KafkaAddress& address, const KafkaLetter& letter);
KafkaRecord kafka_tombstone(const KafkaAddress& address, const KafkaLetter& letter);

}  // namespace msdemo::messaging
