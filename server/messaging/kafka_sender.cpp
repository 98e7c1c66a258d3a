#include "messaging/kafka_sender.hpp"

#include "messaging/kafka_records.hpp"
#include "messaging/message_rules.hpp"
#include "messaging/names.hpp"

namespace msdemo::messaging {

KafkaSender::KafkaSender(KafkaAddress address, const BrokerOptions& options)
    : address_(std::move(address)),
      options_(options),
      topics_(address_, options.call),
      rng_(random_seed()) {}

Result<std::shared_ptr<KafkaProducer>> KafkaSender::producer() {
  const std::lock_guard lock(mutex_);
  if (producer_ && !producer_->broken()) return producer_;
  auto opened = KafkaProducer::open(address_.servers, options_.call);
  if (!opened) return fail(std::move(opened.error()));
  producer_ = std::move(*opened);
  return producer_;
}

Result<void> KafkaSender::ensure(const std::set<std::string>& topics) {
  const auto connection = producer();
  if (!connection) return fail(connection.error());
  return topics_.ensure((*connection)->client(), topics);
}

Result<void> KafkaSender::send(std::vector<KafkaRecord> records) {
  const auto connection = producer();
  if (!connection) return fail(connection.error());
  std::set<std::string> topics;
  for (const KafkaRecord& record : records) topics.insert(record.topic);
  if (auto ensured = topics_.ensure((*connection)->client(), topics); !ensured) return ensured;

  std::map<std::string, std::int32_t> chosen;
  for (KafkaRecord& record : records) {
    if (!record.key.empty() || record.partition != RD_KAFKA_PARTITION_UA) continue;
    const auto [choice, is_new] = chosen.emplace(record.topic, 0);
    if (is_new) {
      const auto count = static_cast<std::uint64_t>(topics_.partitions(record.topic));
      choice->second = static_cast<std::int32_t>(rng_.next() % count);
    }
    record.partition = choice->second;
  }
  auto sent = (*connection)->send(records);
  if (!sent) {
    // Perhaps somebody has removed one of them.
    for (const std::string& topic : topics) topics_.forget(topic);
  }
  return sent;
}

Result<void> KafkaSender::bury(const std::string& group, const Delivery& delivery,
                               const std::string& reason) {
  const std::string kept = shortened_reason(reason);
  const std::string key = kafka_letter_key(group, delivery);
  std::vector<KafkaRecord> records = {kafka_letter(address_, group, delivery, kept, key)};
  if (!is_dead_topic(delivery.message.topic)) {
    records.push_back(kafka_dead_copy(address_, group, delivery, kept));
  }
  return send(std::move(records));
}

}  // namespace msdemo::messaging
