// Kafka as a broker. What its promises become here is told in docs/reference/messages.md.
#include <memory>

#include "messaging/connect.hpp"
#include "messaging/kafka_records.hpp"
#include "messaging/kafka_sender.hpp"
#include "messaging/kafka_subscription.hpp"
#include "messaging/message_rules.hpp"

namespace msdemo::messaging {

namespace {

class KafkaBroker final : public Broker {
 public:
  explicit KafkaBroker(std::shared_ptr<KafkaSender> sender) : sender_(std::move(sender)) {}

  Result<void> publish(std::span<const Message> batch) override {
    if (auto checked = check_messages(batch); !checked) return checked;
    if (batch.empty()) return {};
    std::vector<KafkaRecord> records;
    records.reserve(batch.size());
    for (const Message& message : batch) {
      records.push_back(kafka_record(sender_->address(), message));
    }
    return sender_->send(std::move(records));
  }

  Result<std::unique_ptr<Subscription>> subscribe(const std::string& group,
                                                  std::span<const std::string> topics) override {
    if (auto checked = check_subscription(group, topics); !checked) {
      return fail(std::move(checked.error()));
    }
    return KafkaSubscription::open(sender_, group, topics);
  }

 private:
  const std::shared_ptr<KafkaSender> sender_;  ///< its subscriptions may outlive the broker
};

}  // namespace

Result<std::unique_ptr<Broker>> connect_kafka(const BrokerOptions& options) {
  auto address = KafkaAddress::parse(options.url);
  if (!address) return fail(std::move(address.error()));
  return std::make_unique<KafkaBroker>(std::make_shared<KafkaSender>(std::move(*address), options));
}

}  // namespace msdemo::messaging
