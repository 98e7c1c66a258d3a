#include "messaging/kafka_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace msdemo::messaging {

namespace {

using GroupOffsets = std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t,
                                     KafkaDestroy<rd_kafka_ListConsumerGroupOffsets_destroy>>;

// What Kafka calls these times when it is asked for the offset at one.
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;

tl::unexpected<Error> refused(Error error) {
  // Nothing was to be changed, so nothing was.
  if (!error.definite()) error.code = Code::unreachable;
  return fail(std::move(error));
}

KafkaSlot slot_of(const rd_kafka_topic_partition_t& item) {
  return {item.topic, item.partition};
}

}  // namespace

Result<KafkaReader> KafkaReader::open(const std::string& servers, std::chrono::milliseconds call) {
  KafkaSettings settings = common_kafka_settings(servers, call);
  settings.insert(settings.end(), {// It joins no group; the library insists on a name.
                                   {"group.id", "msdemo__reader"},
                                   {"enable.auto.commit", "false"},
                                   {"enable.auto.offset.store", "false"},
                                   {"auto.offset.reset", "earliest"},
                                   {"enable.partition.eof", "true"},
                                   {"fetch.wait.max.ms", "10"}});
  auto client = make_kafka_client(RD_KAFKA_CONSUMER, KafkaConfiguration(settings));
  if (!client) return fail(std::move(client.error()));
  rd_kafka_poll_set_consumer(client->get());
  return KafkaReader(std::move(*client), call);
}

Result<std::map<std::string, int>> KafkaReader::topics() {
  const auto metadata = kafka_metadata(client_.get(), call_);
  if (!metadata) return fail(metadata.error());
  std::map<std::string, int> topics;
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = (*metadata)->topics[i];
    if (topic.partition_cnt > 0) topics[topic.topic] = topic.partition_cnt;
  }
  return topics;
}

/// One exchange of the library's admin interface: `send(options, queue)` asks.
Result<KafkaEvent> KafkaReader::ask(rd_kafka_admin_op_t what, const std::string& failure,
                                    auto&& send) {
  const KafkaAdminOptions options(rd_kafka_AdminOptions_new(client_.get(), what));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kafka_ms(call_), nullptr, 0);
  const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
  send(options.get(), queue.get());
  auto event = await_kafka_event(queue.get(), call_, failure);
  if (!event) return refused(std::move(event.error()));
  return event;
}

Result<std::vector<std::string>> KafkaReader::groups() {
  const auto event = ask(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, "Kafka does not list its groups",
                         [this](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                           rd_kafka_ListConsumerGroups(client_.get(), options, queue);
                         });
  if (!event) return fail(event.error());
  std::size_t count = 0;
  const auto* const listed = rd_kafka_ListConsumerGroups_result_valid(
      rd_kafka_event_ListConsumerGroups_result(event->get()), &count);
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < count; ++i) {
    groups.emplace_back(rd_kafka_ConsumerGroupListing_group_id(listed[i]));
  }
  return groups;
}

Result<std::map<KafkaSlot, KafkaCommit>> KafkaReader::committed(const std::string& group) {
  const GroupOffsets request(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  rd_kafka_ListConsumerGroupOffsets_t* list = request.get();
  const auto event =
      ask(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
          fmt::format("Kafka does not tell what {} has settled", group),
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_ListConsumerGroupOffsets(client_.get(), &list, 1, options, queue);
          });
  if (!event) return fail(event.error());
  std::size_t count = 0;
  const auto* const results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event->get()), &count);
  std::map<KafkaSlot, KafkaCommit> commits;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* const partitions = rd_kafka_group_result_partitions(results[i]);
    for (int j = 0; partitions != nullptr && j < partitions->cnt; ++j) {
      const rd_kafka_topic_partition_t& item = partitions->elems[j];
      if (item.offset < 0) continue;
      commits[slot_of(item)] = {slot_of(item), item.offset,
                                kafka_text(item.metadata, item.metadata_size)};
    }
  }
  return commits;
}

Result<KafkaReader::Offsets> KafkaReader::offsets(const std::vector<KafkaSlot>& slots,
                                                  std::int64_t time) {
  if (slots.empty()) return Offsets();
  const KafkaPartitions list = make_kafka_partitions(slots.size());
  for (const KafkaSlot& slot : slots) {
    rd_kafka_topic_partition_list_add(list.get(), slot.topic.c_str(), slot.partition)->offset =
        time;
  }
  const auto code = rd_kafka_offsets_for_times(client_.get(), list.get(), kafka_ms(call_));
  const std::string what = "Kafka does not tell how much a topic holds";
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(kafka_refusal(code, what));
  Offsets offsets;
  for (int i = 0; i < list->cnt; ++i) {
    if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(kafka_refusal(list->elems[i].err, what));
    }
    offsets[slot_of(list->elems[i])] = list->elems[i].offset;
  }
  return offsets;
}

Result<std::map<KafkaSlot, KafkaReader::Range>> KafkaReader::ends(
    const std::vector<KafkaSlot>& slots) {
  const auto first = offsets(slots, kEarliest);
  if (!first) return fail(first.error());
  const auto last = offsets(slots, kLatest);
  if (!last) return fail(last.error());
  std::map<KafkaSlot, Range> ends;
  for (const auto& [slot, offset] : *first) ends[slot] = {offset, last->at(slot)};
  return ends;
}

Result<KafkaReader::Offsets> KafkaReader::since(const std::vector<KafkaSlot>& slots,
                                                std::int64_t unix_ms) {
  return offsets(slots, unix_ms);
}

Result<std::vector<KafkaMessage>> KafkaReader::read(const std::map<KafkaSlot, Range>& ranges) {
  const KafkaPartitions list = make_kafka_partitions(ranges.size());
  std::map<KafkaSlot, std::int64_t> open;
  for (const auto& [slot, range] : ranges) {
    if (range.from >= range.to) continue;
    open[slot] = range.to;
    rd_kafka_topic_partition_list_add(list.get(), slot.topic.c_str(), slot.partition)->offset =
        range.from;
  }
  std::vector<KafkaMessage> records;
  if (open.empty()) return records;
  rd_kafka_assign(client_.get(), list.get());
  const auto deadline = std::chrono::steady_clock::now() + call_;
  while (!open.empty()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    KafkaMessage record(rd_kafka_consumer_poll(client_.get(), kafka_ms(left)));
    if (!record || record->rkt == nullptr) continue;
    const auto found = open.find({rd_kafka_topic_name(record->rkt), record->partition});
    if (found == open.end()) continue;
    const bool end = record->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    const bool beyond = end || record->offset + 1 >= found->second;
    if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR && record->offset < found->second) {
      records.push_back(std::move(record));
    }
    if (beyond) open.erase(found);
  }
  rd_kafka_assign(client_.get(), nullptr);
  if (!open.empty()) return fail(Code::unreachable, "Kafka's records could not be read in time");
  std::stable_sort(records.begin(), records.end(), [](const auto& one, const auto& other) {
    const auto key = [](const KafkaMessage& record) {
      return KafkaSlot{rd_kafka_topic_name(record->rkt), record->partition};
    };
    return key(one) < key(other);
  });
  return records;
}

}  // namespace msdemo::messaging
