// The Kafka adapter on librdkafka's imitation of a cluster, which fails as a test wants it to. It
// proves what the adapter makes of an answer, and nothing about durability: that is for the tests
// on a real Kafka (kafka_group_test.cpp, kafka_crash_test.cpp), as is sharing partitions, at which
// the imitation of librdkafka 2.0.2 aborts now and then (rd_kafka_mock_cgrp_member_add).
#include <memory>
#include <string>
#include <vector>

#include "messaging/connect.hpp"
#include "messaging/kafka_client.hpp"  // brings rdkafka.h, which the next one wants before it
#include "support/catch.hpp"
#include "support/must.hpp"

#include <librdkafka/rdkafka_mock.h>

namespace msdemo::test {

namespace {

using messaging::Broker;
using messaging::Delivery;
using messaging::KafkaDestroy;
using messaging::Message;
using messaging::Subscription;

constexpr std::chrono::milliseconds kCall{1500};
constexpr std::chrono::milliseconds kSoon{10'000};  ///< the imitation waits 3 s for a new group

// Requests, as Kafka's protocol numbers them.
constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kOffsetCommit = 8;

/// A cluster of one broker with a topic `news`; it cannot make others.
class Cluster {
 public:
  explicit Cluster(int partitions = 1)
      : host_(must(
            messaging::make_kafka_client(RD_KAFKA_PRODUCER, messaging::KafkaConfiguration({})))),
        cluster_(rd_kafka_mock_cluster_new(host_.get(), 1)) {
    for (const char* topic : {"news", "msdemo__redriven.readers"}) {
      rd_kafka_mock_topic_create(cluster_.get(), topic, partitions, 1);
    }
  }

  messaging::BrokerOptions options() const {
    return {.url = std::string("kafka://") + rd_kafka_mock_cluster_bootstraps(cluster_.get()),
            .call = kCall};
  }
  std::unique_ptr<Broker> connect() const { return must(messaging::connect(options())); }

  /// The next requests of this kind are answered so.
  void answer(std::int16_t request, const std::vector<rd_kafka_resp_err_t>& codes) const {
    rd_kafka_mock_push_request_errors_array(cluster_.get(), request, codes.size(), codes.data());
  }

  void go_down() const { rd_kafka_mock_broker_set_down(cluster_.get(), 1); }
  void answer_after(std::chrono::milliseconds delay) const {
    rd_kafka_mock_broker_set_rtt(cluster_.get(), 1, static_cast<int>(delay.count()));
  }

  /// What the group has committed of the first partition; negative for nothing.
  std::int64_t committed(const std::string& group) const {
    const auto client = must(messaging::make_kafka_client(
        RD_KAFKA_CONSUMER,
        messaging::KafkaConfiguration(
            {{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_.get())},
             {"group.id", group}})));
    const auto list = messaging::make_kafka_partitions();
    rd_kafka_topic_partition_list_add(list.get(), "news", 0);
    rd_kafka_committed(client.get(), list.get(), static_cast<int>(kSoon.count()));
    return list->elems[0].offset;
  }

 private:
  messaging::KafkaHandle host_;
  std::unique_ptr<rd_kafka_mock_cluster_t, KafkaDestroy<rd_kafka_mock_cluster_destroy>> cluster_;
};

Result<void> publish(Broker& broker, std::size_t count = 1) {
  return broker.publish(std::vector<Message>(count, Message{"news", "k", "text"}));
}

std::vector<Delivery> take(Subscription& consumer, std::size_t count) {
  std::vector<Delivery> all;
  while (all.size() < count) {
    const auto some = must(consumer.receive(count - all.size(), kSoon));
    if (some.empty()) break;
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace

TEST_CASE("Kafka: a failure that passes is nothing the publisher hears of", "[kafka]") {
  const Cluster cluster;
  const auto broker = cluster.connect();
  cluster.answer(kProduce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
  must(publish(*broker, 10));
}

TEST_CASE("Kafka: a refusal is definite", "[kafka]") {
  const Cluster cluster;
  const auto broker = cluster.connect();
  must(publish(*broker));
  cluster.answer(kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto refused = publish(*broker);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().definite());
  cluster.answer(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  CHECK(publish(*broker).error().code == Code::body_too_large);
}

TEST_CASE("Kafka: what was never sent is definite, what was not answered is not", "[kafka]") {
  const Cluster cluster;
  const auto broker = cluster.connect();
  must(publish(*broker));
  cluster.answer_after(kSoon);
  const auto unanswered = publish(*broker);
  REQUIRE_FALSE(unanswered);
  CHECK(unanswered.error().code == Code::timeout);
  CHECK_FALSE(unanswered.error().definite());

  const Cluster other;
  const auto away = other.connect();
  other.go_down();
  const auto began = std::chrono::steady_clock::now();
  const auto unsent = publish(*away);
  REQUIRE_FALSE(unsent);
  CHECK(unsent.error().code == Code::unreachable);
  CHECK(std::chrono::steady_clock::now() - began < 3 * kCall);
  CHECK(away->subscribe("readers", std::vector<std::string>{"news"}).error().code ==
        Code::unreachable);
}

TEST_CASE("Kafka: an offset is committed once its message is acked", "[kafka]") {
  const Cluster cluster;
  const auto broker = cluster.connect();
  const auto consumer = must(broker->subscribe("readers", std::vector<std::string>{"news"}));
  must(publish(*broker, 3));
  const auto held = take(*consumer, 3);
  REQUIRE(held.size() == 3);
  CHECK(cluster.committed("readers") <= 0);
  must(consumer->ack({&held[1], 1}));
  CHECK(cluster.committed("readers") == 0);
  must(consumer->ack({&held[0], 1}));
  CHECK(cluster.committed("readers") == 2);
  // The group is changing at this moment: the ack waits for it.
  cluster.answer(kOffsetCommit, {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS});
  must(consumer->ack({&held[2], 1}));
  CHECK(cluster.committed("readers") == 3);
}

TEST_CASE("Kafka: whom the group went on without hears so from the ack", "[kafka]") {
  const Cluster cluster;
  const auto broker = cluster.connect();
  const auto consumer = must(broker->subscribe("readers", std::vector<std::string>{"news"}));
  must(publish(*broker));
  const auto held = take(*consumer, 1);
  REQUIRE(held.size() == 1);
  // That it was given out is counted without waiting.
  const auto end = std::chrono::steady_clock::now() + kSoon;
  while (cluster.committed("readers") != 0 && std::chrono::steady_clock::now() < end) continue;
  cluster.answer(kOffsetCommit, {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION});
  const auto refused = consumer->ack(held);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::stale_lease);
  const auto again = take(*consumer, 1);
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == held[0].id);
  CHECK(again[0].attempt == 2);
  must(consumer->ack(again));
}

}  // namespace msdemo::test
