// How fast Kafka is with as little as possible in between, and how fast it is through our adapter:
// the same messages, the same batches, topics of the same kind, in turns.
//   kafka_loop kafka://127.0.0.1:port [MESSAGES [ROUNDS]]
// prints one JSON document. The topics are left behind. scripts/bench/engine_brokers.py runs it.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "messaging/connect.hpp"
#include "messaging/kafka_client.hpp"
#include "support/must.hpp"

namespace {

using namespace msdemo;
using test::must;

constexpr std::size_t kBatch = limits::kBatchMessages;
constexpr std::chrono::milliseconds kCall{10'000};
const std::string kBody(400, 'x');  // about what one of our events has

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void check(rd_kafka_resp_err_t code) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
}

/// librdkafka as its examples use it: acks=all and idempotence, a flush a batch; and a consumer
/// that commits after each batch.
class Bare {
 public:
  Bare(const std::string& servers, const std::string& topic)
      : topic_(topic),
        producer_(make(RD_KAFKA_PRODUCER, servers, {{"enable.idempotence", "true"}})),
        consumer_(make(RD_KAFKA_CONSUMER, servers,
                       {{"group.id", topic + ".bare"},
                        {"enable.auto.commit", "false"},
                        {"auto.offset.reset", "earliest"}})) {
    rd_kafka_poll_set_consumer(consumer_.get());
    const auto list = messaging::make_kafka_partitions();
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    check(rd_kafka_subscribe(consumer_.get(), list.get()));
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  ~Bare() { rd_kafka_consumer_close(consumer_.get()); }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"  // in the library's macros
  void publish(std::size_t messages) {
    for (std::size_t i = 0; i < messages; ++i) {
      const std::string key = std::to_string(i);
      check(rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
                              RD_KAFKA_V_KEY(key.data(), key.size()),
                              RD_KAFKA_V_VALUE(const_cast<char*>(kBody.data()), kBody.size()),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END));
      const bool full = (i + 1) % kBatch == 0 || i + 1 == messages;
      if (full) check(rd_kafka_flush(producer_.get(), messaging::kafka_ms(kCall)));
    }
  }
#pragma GCC diagnostic pop

  void consume(std::size_t messages) {
    std::map<std::int32_t, std::int64_t> next;
    for (std::size_t i = 0; i < messages; ++i) {
      const messaging::KafkaMessage message(
          rd_kafka_consumer_poll(consumer_.get(), messaging::kafka_ms(kCall)));
      if (!message) throw std::runtime_error("messages are missing");
      check(message->err);
      next[message->partition] = message->offset + 1;
      if ((i + 1) % kBatch == 0 || i + 1 == messages) commit(next);
    }
  }

 private:
  static messaging::KafkaHandle make(rd_kafka_type_t type, const std::string& servers,
                                     messaging::KafkaSettings settings) {
    settings.emplace_back("bootstrap.servers", servers);
    return must(messaging::make_kafka_client(type, messaging::KafkaConfiguration(settings)));
  }

  void commit(std::map<std::int32_t, std::int64_t>& next) {
    const auto list = messaging::make_kafka_partitions(next.size());
    for (const auto& [partition, offset] : next) {
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
    }
    check(rd_kafka_commit(consumer_.get(), list.get(), 0));
    next.clear();
  }

  const std::string topic_;
  messaging::KafkaHandle producer_;
  messaging::KafkaHandle consumer_;
};

/// The same through messaging::Broker.
class Adapter {
 public:
  explicit Adapter(messaging::Broker& broker)
      : broker_(broker),
        consumer_(must(broker.subscribe("loop", std::vector<std::string>{"loop"}))) {}

  void publish(std::size_t messages) {
    std::vector<messaging::Message> batch;
    for (std::size_t i = 0; i < messages; ++i) {
      batch.push_back({"loop", std::to_string(i), kBody});
      if (batch.size() < kBatch && i + 1 < messages) continue;
      must(broker_.publish(batch));
      batch.clear();
    }
  }

  void consume(std::size_t messages) {
    for (std::size_t taken = 0; taken < messages;) {
      const auto some = must(consumer_->receive(kBatch, kCall));
      if (some.empty()) throw std::runtime_error("messages are missing");
      must(consumer_->ack(some));
      taken += some.size();
    }
  }

 private:
  messaging::Broker& broker_;
  std::unique_ptr<messaging::Subscription> consumer_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Json compared(const std::vector<double>& bare, const std::vector<double>& adapter) {
  return {{"bare_per_s", median(bare)},
          {"adapter_per_s", median(adapter)},
          {"ratio", median(adapter) / median(bare)}};
}

Json measure(const std::string& server, std::size_t messages, int rounds) {
  const std::string prefix = "loop-" + std::to_string(::getpid());
  const auto broker = must(messaging::connect({.url = server + "?prefix=" + prefix}));
  Adapter adapter(*broker);
  // The adapter makes the topics, so that they are alike; `bare` is one more of them.
  must(broker->publish(std::vector<messaging::Message>{{"bare", "k", "text"}}));
  Bare bare(server.substr(std::string("kafka://").size()), prefix + ".bare");
  bare.consume(1);
  adapter.publish(1);
  adapter.consume(1);

  std::map<std::string, std::vector<double>> rates;
  const auto per_s = [&](const std::string& what, const std::function<void()>& work) {
    rates[what].push_back(static_cast<double>(messages) / seconds_of(work));
  };
  for (int round = 0; round < rounds; ++round) {
    per_s("bare publish", [&] { bare.publish(messages); });
    per_s("adapter publish", [&] { adapter.publish(messages); });
    per_s("bare consume", [&] { bare.consume(messages); });
    per_s("adapter consume", [&] { adapter.consume(messages); });
  }
  std::vector<double> single;
  for (int i = 0; i < 100; ++i) single.push_back(1000 * seconds_of([&] { adapter.publish(1); }));
  return {{"messages", messages},
          {"rounds", rounds},
          {"publish", compared(rates["bare publish"], rates["adapter publish"])},
          {"consume", compared(rates["bare consume"], rates["adapter consume"])},
          {"publish_one_ms", median(single)}};
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "kafka_loop kafka://127.0.0.1:port [MESSAGES [ROUNDS]]\n");
    return 64;
  }
  try {
    const std::size_t messages = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 20'480;
    const int rounds = count > 3 ? std::atoi(arguments[3]) : 5;
    std::printf("%s\n", dump_json(measure(arguments[1], messages, rounds)).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kafka_loop: %s\n", error.what());
    return 1;
  }
  return 0;
}
