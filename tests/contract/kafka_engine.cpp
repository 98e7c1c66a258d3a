// Kafka as the engine on which this executable runs the brokers' contract.
#include "contract/kafka_engine.hpp"

#include <unistd.h>

#include <atomic>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/stop_signal.hpp"
#include "contract/engine_url.hpp"
#include "messaging/kafka_client.hpp"
#include "support/must.hpp"

namespace msdemo::test {

namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr std::chrono::seconds kCleanUp{10};

std::string fresh_prefix() {
  static std::atomic<int> count = 0;
  return "test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

}  // namespace

KafkaScope::KafkaScope(std::string server) : server_(std::move(server)), prefix_(fresh_prefix()) {}

KafkaScope::~KafkaScope() {
  using namespace messaging;
  const std::string servers = server_.substr(kScheme.size());
  const auto client = make_kafka_client(
      RD_KAFKA_PRODUCER, KafkaConfiguration(common_kafka_settings(servers, kCleanUp)));
  if (!client) return;
  const auto metadata = kafka_metadata(client->get(), kCleanUp);
  if (!metadata) return;
  std::vector<rd_kafka_DeleteTopic_t*> topics;
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const std::string_view name = (*metadata)->topics[i].topic;
    if (!name.starts_with(prefix_ + ".") && !name.starts_with(prefix_ + "__")) continue;
    topics.push_back(rd_kafka_DeleteTopic_new(std::string(name).c_str()));
  }
  if (topics.empty()) return;
  const KafkaQueue queue(rd_kafka_queue_new(client->get()));
  rd_kafka_DeleteTopics(client->get(), topics.data(), topics.size(), nullptr, queue.get());
  static_cast<void>(await_kafka_event(queue.get(), kCleanUp, "topics"));
  rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
}

std::string KafkaScope::url(int partitions) const {
  return server_ + "?prefix=" + prefix_ + "&partitions=" + std::to_string(partitions);
}

KafkaUnderTest::KafkaUnderTest(std::string server)
    : scope_(std::move(server)),
      broker_(another()),
      inspector_(must(messaging::inspect(options()))) {}

messaging::BrokerOptions KafkaUnderTest::options() const {
  return {.url = url(), .max_attempts = kMaxAttempts, .lease = kLease, .call = kPatience};
}

std::unique_ptr<messaging::Broker> KafkaUnderTest::another() const {
  return must(messaging::connect(options()));
}

void KafkaUnderTest::let_leases_end() {
  StopSignal().wait(limits::kLease);  // the time itself is what is awaited
}

std::unique_ptr<KafkaUnderTest> kafka_under_test() {
  auto server = engine_url("MSDEMO_TEST_KAFKA");
  if (!server) return nullptr;
  return std::make_unique<KafkaUnderTest>(std::move(*server));
}

const std::vector<BrokerEngine>& broker_engines() {
  static const std::vector<BrokerEngine> all = [] {
    std::vector<BrokerEngine> engines;
    if (engine_url("MSDEMO_TEST_KAFKA")) {
      engines.push_back(
          {.name = "kafka",
           .start = []() -> std::unique_ptr<BrokerUnderTest> { return kafka_under_test(); },
           .glance = std::chrono::milliseconds(300)});
    }
    return engines;
  }();
  return all;
}

}  // namespace msdemo::test
