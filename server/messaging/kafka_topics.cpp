#include "messaging/kafka_topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "base/stop_signal.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, KafkaDestroy<rd_kafka_NewTopic_destroy>>;

constexpr milliseconds kShowsAgain{20};

/// In sync, so that an acknowledged message is on two machines where there are three.
constexpr int kSafeReplication = 3;

bool failed(rd_kafka_resp_err_t code) {
  return code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
}

}  // namespace

Result<void> KafkaTopics::ensure(rd_kafka_t* client, const std::set<std::string>& names) {
  std::set<std::string> missing;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names) {
      if (!known_.contains(name)) missing.insert(name);
    }
  }
  if (missing.empty()) return {};
  auto absent = look_for(client, missing);
  if (!absent) return fail(std::move(absent.error()));
  if (absent->empty()) return {};
  if (auto made = make(client, *absent); !made) return made;
  // They are made at once, and a moment later every broker knows: none says when.
  const auto deadline = std::chrono::steady_clock::now() + call_;
  do {
    absent = look_for(client, *absent);
    if (!absent) return fail(std::move(absent.error()));
    if (absent->empty()) return {};
  } while (StopSignal().wait(kShowsAgain) && std::chrono::steady_clock::now() < deadline);
  return fail(Code::unreachable, fmt::format("Kafka has made the topic {} and does not show it yet",
                                             *absent->begin()));
}

Result<std::set<std::string>> KafkaTopics::look_for(rd_kafka_t* client,
                                                    const std::set<std::string>& names) {
  const auto metadata = kafka_metadata(client, call_);
  if (!metadata) return fail(metadata.error());
  std::set<std::string> absent = names;
  const std::lock_guard lock(mutex_);
  brokers_ = std::max((*metadata)->broker_cnt, 1);
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = (*metadata)->topics[i];
    if (topic.partition_cnt > 0 && absent.erase(topic.topic) > 0) {
      known_[topic.topic] = topic.partition_cnt;
    }
  }
  return absent;
}

Result<void> KafkaTopics::make(rd_kafka_t* client, const std::set<std::string>& names) {
  int replication = address_.replication;
  if (replication == 0) {
    const std::lock_guard lock(mutex_);
    replication = std::min(limits::kKafkaReplication, brokers_);
  }
  std::vector<NewTopic> topics;
  std::vector<rd_kafka_NewTopic_t*> list;
  std::array<char, 256> problem{};
  for (const std::string& name : names) {
    const bool letters = name == address_.letters();
    topics.emplace_back(rd_kafka_NewTopic_new(name.c_str(), letters ? 1 : address_.partitions,
                                              replication, problem.data(), problem.size()));
    if (!topics.back()) return fail(Code::usage, fmt::format("topic {}: {}", name, problem.data()));
    const auto set = [&](const char* setting, const std::string& value) {
      rd_kafka_NewTopic_set_config(topics.back().get(), setting, value.c_str());
    };
    set("message.timestamp.type", "LogAppendTime");
    if (replication >= kSafeReplication) set("min.insync.replicas", "2");
    // A dead letter is kept until it is redriven, which leaves a tombstone.
    if (letters) set("cleanup.policy", "compact");
    if (!letters)
      set("retention.ms", std::to_string(milliseconds(limits::kKafkaRetention).count()));
    list.push_back(topics.back().get());
  }
  const KafkaAdminOptions options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kafka_ms(call_), nullptr, 0);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kafka_ms(call_), nullptr, 0);
  const KafkaQueue queue(rd_kafka_queue_new(client));
  rd_kafka_CreateTopics(client, list.data(), list.size(), options.get(), queue.get());
  const std::string what = "Kafka does not make topics";
  const auto event = await_kafka_event(queue.get(), call_, what);
  if (!event) {
    Error error = event.error();
    if (!error.definite()) error.code = Code::unreachable;  // nothing was published
    return fail(std::move(error));
  }
  std::size_t count = 0;
  const auto* const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (failed(code)) {
      const char* const said = rd_kafka_topic_result_error_string(results[i]);
      return fail(kafka_refusal(
          code, fmt::format("topic {} cannot be made ({})", rd_kafka_topic_result_name(results[i]),
                            said == nullptr ? "" : said)));
    }
  }
  return {};
}

int KafkaTopics::partitions(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  return found == known_.end() ? 1 : found->second;
}

void KafkaTopics::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  known_.erase(name);
}

}  // namespace msdemo::messaging
