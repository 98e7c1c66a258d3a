#include "messaging/kafka_member.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace msdemo::messaging {

namespace {

/// It is woken when there is something to do; only idleness and lost assignments come by the clock.
constexpr int kPollTick = 500;
constexpr std::size_t kPolledAtOnce = 256;

bool is_expression(const std::string& topic) {
  return topic.starts_with('^');
}

KafkaSettings settings_of(const KafkaMember::Options& options) {
  KafkaSettings settings = common_kafka_settings(options.servers, options.call);
  const auto ms = [](std::chrono::milliseconds time) { return std::to_string(time.count()); };
  settings.insert(settings.end(),
                  {{"group.id", options.group},
                   {"enable.auto.commit", "false"},
                   {"enable.auto.offset.store", "false"},
                   {"auto.offset.reset", "earliest"},
                   {"partition.assignment.strategy", "cooperative-sticky"},
                   {"session.timeout.ms", ms(limits::kKafkaSession)},
                   {"heartbeat.interval.ms", ms(limits::kKafkaHeartbeat)},
                   {"max.poll.interval.ms", ms(10 * limits::kKafkaSession)},
                   {"fetch.wait.max.ms", "500"},
                   {"fetch.error.backoff.ms", "50"},
                   {"queued.max.messages.kbytes", std::to_string(limits::kKafkaFetchedKilobytes)}});
  // Not as often as it tries to join, which is each second: when it hears of topics meanwhile it
  // begins again, and in step with that it would never be done.
  if (std::any_of(options.topics.begin(), options.topics.end(), is_expression)) {
    settings.emplace_back("topic.metadata.refresh.interval.ms", ms(limits::kKafkaTopicsNoticed));
  }
  return settings;
}

KafkaPartitions list_of(std::span<const KafkaCommit> commits) {
  KafkaPartitions list = make_kafka_partitions(commits.size());
  for (const KafkaCommit& commit : commits) {
    if (commit.offset < 0) continue;
    rd_kafka_topic_partition_t* const item = rd_kafka_topic_partition_list_add(
        list.get(), commit.slot.topic.c_str(), commit.slot.partition);
    item->offset = commit.offset;
    item->metadata_size = commit.metadata.size();
    // The library frees it, so it has to be malloc's.
    item->metadata = std::malloc(commit.metadata.size());
    std::memcpy(item->metadata, commit.metadata.data(), commit.metadata.size());
  }
  return list;
}

}  // namespace

Result<std::unique_ptr<KafkaMember>> KafkaMember::open(Options options, Owner& owner) {
  std::unique_ptr<KafkaMember> member(new KafkaMember(std::move(options), owner));
  KafkaConfiguration configuration(settings_of(member->options_));
  rd_kafka_conf_set_opaque(configuration.get(), member.get());
  rd_kafka_conf_set_rebalance_cb(configuration.get(), on_rebalance);
  rd_kafka_conf_set_error_cb(configuration.get(), on_error);
  auto client = make_kafka_client(RD_KAFKA_CONSUMER, std::move(configuration));
  if (!client) return fail(std::move(client.error()));
  member->client_ = std::move(*client);
  rd_kafka_poll_set_consumer(member->client_.get());
  member->queue_.reset(rd_kafka_queue_get_consumer(member->client_.get()));
  return member;
}

KafkaMember::KafkaMember(Options options, Owner& owner)
    : options_(std::move(options)), owner_(owner) {}

void KafkaMember::close() {
  stopping_ = true;
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  await_first_assignment();
  queue_.reset();
  if (client_) rd_kafka_consumer_close(client_.get());
}

void KafkaMember::start() {
  thread_ = std::thread([this] { run(); });
}

void KafkaMember::run() {
  while (!stopping_) {
    join_or_leave();
    pause_or_resume();
    poll(kPollTick);
  }
}

/// Before 2.3 the library aborts when a member goes that has joined and was never assigned anything
/// (confluentinc/librdkafka#4312).
void KafkaMember::await_first_assignment() {
  constexpr int kRepaired = 0x02030000;
  if (rd_kafka_version() >= kRepaired || !ever_joined_) return;
  const auto deadline = std::chrono::steady_clock::now() + limits::kKafkaSession;
  while (!rebalanced_ && std::chrono::steady_clock::now() < deadline) {
    poll(kafka_ms(limits::kKafkaHeartbeat));
  }
}

void KafkaMember::join_or_leave() {
  const bool wanted = owner_.takes_part();
  if (wanted == joined_) return;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (wanted) {
    const KafkaPartitions topics = make_kafka_partitions(options_.topics.size());
    for (const std::string& topic : options_.topics) {
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    code = rd_kafka_subscribe(client_.get(), topics.get());
  } else {
    code = rd_kafka_unsubscribe(client_.get());
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    spdlog::warn("kafka: group {}: {}", options_.group, rd_kafka_err2str(code));
    return;
  }
  joined_ = wanted;
  ever_joined_ = ever_joined_ || wanted;
}

void KafkaMember::pause_or_resume() {
  // While nobody takes messages this thread must go on polling, or the group would drop its member.
  const bool wanted = !owner_.has_room(paused_);
  if (wanted == paused_) return;
  rd_kafka_topic_partition_list_t* assigned = nullptr;
  if (rd_kafka_assignment(client_.get(), &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const KafkaPartitions list(assigned);
  wanted ? rd_kafka_pause_partitions(client_.get(), assigned)
         : rd_kafka_resume_partitions(client_.get(), assigned);
  paused_ = wanted;
}

void KafkaMember::poll(int wait) {
  while (polled_.size() < kPolledAtOnce) {
    KafkaMessage message(rd_kafka_consumer_poll(client_.get(), wait));
    if (!message) break;
    wait = 0;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      polled_.push_back(std::move(message));
    } else {
      spdlog::debug("kafka: group {}: {}", options_.group, rd_kafka_message_errstr(message.get()));
    }
  }
  if (!polled_.empty()) owner_.fetched(polled_);
  polled_.clear();
}

void KafkaMember::on_error(rd_kafka_t*, int code, const char* reason, void* member) {
  spdlog::debug("kafka: {}", escape_control(reason));
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    static_cast<KafkaMember*>(member)->owner_.unreachable();
  }
}

void KafkaMember::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code,
                               rd_kafka_topic_partition_list_t* partitions, void* member) {
  auto& self = *static_cast<KafkaMember*>(member);
  self.rebalanced_ = true;
  // What was fetched before belongs to partitions as they were; those that stay lose nothing by
  // having it sorted in now.
  if (!self.polled_.empty()) self.owner_.fetched(self.polled_);
  self.polled_.clear();
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self.assign(partitions);
  } else {
    self.unassign(partitions);
  }
}

void KafkaMember::assign(rd_kafka_topic_partition_list_t* partitions) {
  const KafkaPartitions committed(rd_kafka_topic_partition_list_copy(partitions));
  const auto code = rd_kafka_committed(client_.get(), committed.get(), kafka_ms(options_.call));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Without it nobody knows where to begin; the library asks again by itself, and the text beside
    // the offset is done without: settled messages may come again.
    spdlog::warn("kafka: group {}: committed offsets: {}", options_.group, rd_kafka_err2str(code));
  }
  std::vector<KafkaCommit> known;
  for (int i = 0; i < committed->cnt; ++i) {
    const rd_kafka_topic_partition_t& item = committed->elems[i];
    known.push_back(
        {{item.topic, item.partition}, item.offset, kafka_text(item.metadata, item.metadata_size)});
    partitions->elems[i].offset = item.offset;
  }
  owner_.assigned(known);
  const KafkaError error(rd_kafka_incremental_assign(client_.get(), partitions));
  if (error)
    spdlog::warn("kafka: group {}: {}", options_.group, rd_kafka_error_string(error.get()));
  // One that was here before is still as it was.
  rd_kafka_resume_partitions(client_.get(), partitions);
  paused_ = false;
}

void KafkaMember::unassign(rd_kafka_topic_partition_list_t* partitions) {
  std::vector<KafkaSlot> slots;
  for (int i = 0; i < partitions->cnt; ++i) {
    slots.push_back({partitions->elems[i].topic, partitions->elems[i].partition});
  }
  owner_.revoked(slots);
  const KafkaError error(rd_kafka_incremental_unassign(client_.get(), partitions));
  if (error)
    spdlog::warn("kafka: group {}: {}", options_.group, rd_kafka_error_string(error.get()));
}

Result<void> KafkaMember::commit(std::span<const KafkaCommit> commits) {
  const KafkaPartitions list = list_of(commits);
  if (list->cnt == 0) return {};
  const std::string what = "Kafka does not confirm what is settled";
  // Kafka takes a commit of one that is no member if the group is empty, and others may have been
  // further.
  if (lost()) return fail(kafka_error(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, what));
  const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
  const auto code = rd_kafka_commit_queue(client_.get(), list.get(), queue.get(), nullptr, nullptr);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(kafka_error(code, what));
  const auto event = await_kafka_event(queue.get(), options_.call, what);
  if (!event) return fail(event.error());
  const auto* const results = rd_kafka_event_topic_partition_list(event->get());
  for (int i = 0; results != nullptr && i < results->cnt; ++i) {
    const auto partition_code = results->elems[i].err;
    if (partition_code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(kafka_error(partition_code, what));
  }
  return {};
}

void KafkaMember::commit_later(std::span<const KafkaCommit> commits) {
  const KafkaPartitions list = list_of(commits);
  if (list->cnt > 0) rd_kafka_commit(client_.get(), list.get(), 1);
}

Result<void> KafkaMember::ask() const {
  const auto metadata = kafka_metadata(client_.get(), options_.call);
  if (!metadata) return fail(metadata.error());
  return {};
}

}  // namespace msdemo::messaging
