#include "messaging/kafka_records.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "contracts/messages.hpp"

namespace msdemo::messaging {

namespace {

constexpr const char* kGroup = "msdemo-group";
constexpr const char* kTopic = "msdemo-topic";
constexpr const char* kKey = "msdemo-key";
constexpr const char* kId = "msdemo-id";
constexpr const char* kAttempts = "msdemo-attempts";
constexpr const char* kPublished = "msdemo-published-unix-nano";
constexpr const char* kReason = "msdemo-reason";
/// Why a copy on a dead topic died that died once more itself.
constexpr const char* kEarlierReason = "msdemo-earlier-reason";

std::int64_t number(const rd_kafka_message_t& record, const char* header) {
  return parse_integer(kafka_header(record, header)).value_or(0);
}

std::int64_t unix_nano_of(const rd_kafka_message_t& record) {
  constexpr std::int64_t kNanoPerMilli = 1'000'000;
  rd_kafka_timestamp_type_t type{};
  return std::max<std::int64_t>(rd_kafka_message_timestamp(&record, &type), 0) * kNanoPerMilli;
}

std::string value_of(const rd_kafka_message_t& record) {
  return kafka_text(record.payload, record.len);
}

/// A message that is not where it was published: what the record itself would say is in headers.
Delivery moved_delivery(const rd_kafka_message_t& record) {
  return {.id = number(record, kId),
          .published_unix_nano = number(record, kPublished),
          .message = {.topic = kafka_header(record, kTopic),
                      .key = kafka_header(record, kKey),
                      .body = value_of(record)},
          .reason = kafka_header(record, kEarlierReason)};
}

void add_origin(KafkaRecord& record, const Delivery& delivery) {
  record.headers.insert(record.headers.end(),
                        {{kTopic, delivery.message.topic},
                         {kKey, delivery.message.key},
                         {kId, std::to_string(delivery.id)},
                         {kPublished, std::to_string(delivery.published_unix_nano)}});
  if (!delivery.reason.empty()) record.headers.emplace_back(kEarlierReason, delivery.reason);
}

void add_death(KafkaRecord& record, const std::string& group, const Delivery& delivery,
               const std::string& reason) {
  record.headers.insert(
      record.headers.end(),
      {{kGroup, group}, {kAttempts, std::to_string(delivery.attempt)}, {kReason, reason}});
}

}  // namespace

KafkaRecord kafka_record(const KafkaAddress& address, const Message& message) {
  return {.topic = address.topic(message.topic), .key = message.key, .value = message.body};
}

Delivery kafka_delivery(const KafkaAddress& address, const rd_kafka_message_t& record) {
  const std::string at_kafka = rd_kafka_topic_name(record.rkt);
  const auto topic = address.name_of(at_kafka);
  if (!topic) return moved_delivery(record);
  return {.id = kafka_message_id(*topic, record.partition, record.offset),
          .published_unix_nano = unix_nano_of(record),
          .message = {.topic = *topic,
                      .key = kafka_text(record.key, record.key_len),
                      .body = value_of(record)},
          .reason = kafka_header(record, kReason)};
}

std::string kafka_letter_key(const std::string& group, const Delivery& delivery) {
  return fmt::format("{}/{}/{}", group, delivery.message.topic, delivery.id);
}

KafkaRecord kafka_letter(const KafkaAddress& address, const std::string& group,
                         const Delivery& delivery, const std::string& reason,
                         const std::string& key) {
  KafkaRecord record{
      .topic = address.letters(), .partition = 0, .key = key, .value = delivery.message.body};
  add_origin(record, delivery);
  add_death(record, group, delivery, reason);
  return record;
}

KafkaLetter parse_kafka_letter(const rd_kafka_message_t& record) {
  KafkaLetter letter{.key = kafka_text(record.key, record.key_len),
                     .delivery = moved_delivery(record),
                     .letter = {}};
  const std::chrono::nanoseconds died(unix_nano_of(record));
  letter.letter = {
      .id = record.offset + 1,
      .died_at = format_rfc3339(SystemTime(std::chrono::duration_cast<SystemTime::duration>(died))),
      .group = kafka_header(record, kGroup),
      .attempts = static_cast<int>(number(record, kAttempts)),
      .reason = kafka_header(record, kReason),
      .message = letter.delivery.message};
  return letter;
}

KafkaRecord kafka_dead_copy(const KafkaAddress& address, const std::string& group,
                            const Delivery& delivery, const std::string& reason) {
  KafkaRecord record = kafka_record(address, delivery.message);
  record.topic += contracts::topics::kDeadSuffix;
  add_death(record, group, delivery, reason);
  return record;
}

KafkaRecord kafka_redriven(const KafkaAddress& address, const KafkaLetter& letter) {
  KafkaRecord record{.topic = address.redriven(letter.letter.group),
                     .key = letter.delivery.message.key,
                     .value = letter.delivery.message.body};
  add_origin(record, letter.delivery);
  return record;
}

KafkaRecord kafka_tombstone(const KafkaAddress& address, const KafkaLetter& letter) {
  return {.topic = address.letters(), .partition = 0, .key = letter.key};
}

}  // namespace msdemo::messaging
