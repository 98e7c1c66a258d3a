// Looks into Kafka's queues. What a group has in hand, retries and has acked is read from what its
// consumers wrote down beside their offsets (kafka_partition.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "messaging/connect.hpp"
#include "messaging/kafka_partition.hpp"
#include "messaging/kafka_reader.hpp"
#include "messaging/kafka_records.hpp"
#include "messaging/kafka_sender.hpp"
#include "messaging/message_rules.hpp"

namespace msdemo::messaging {

namespace {

using Range = KafkaReader::Range;
using Record = KafkaPartition::Record;

constexpr std::int64_t kRateMs = 5000;  ///< over which "a second" is averaged

std::int64_t unix_ms_now() {
  return unix_nano(real_clock().system_now()) / 1'000'000;
}

std::string rfc3339(std::int64_t nanoseconds) {
  return format_rfc3339(SystemTime(
      std::chrono::duration_cast<SystemTime::duration>(std::chrono::nanoseconds(nanoseconds))));
}

/// What one group has settled, by partition.
struct Progress {
  std::string group;  ///< as it is called here; empty for nobody's
  std::map<KafkaSlot, Record> records{};

  bool knows(const std::string& topic) const {
    const auto first = records.lower_bound({topic, 0});
    return first != records.end() && first->first.topic == topic;
  }

  /// Where the group begins again, and what it has open; the topic's beginning if it never began.
  Record of(const KafkaSlot& slot, const Range& range) const {
    const auto found = records.find(slot);
    if (found == records.end()) return {.given = range.from, .open = {}};
    return found->second;
  }
};

/// What a message is to a group, and how often it was given out; nothing if it is settled.
std::optional<std::pair<std::string, int>> state_in(const Record& record, std::int64_t offset) {
  const auto open = record.open.find(offset);
  const bool settled = open == record.open.end() && offset < record.given;
  if (settled) return std::nullopt;
  const bool ready = open == record.open.end() || open->second.announced;
  if (ready) return std::pair("ready", 0);
  return std::pair(open->second.in_hand ? "in flight" : "retry", open->second.attempts);
}

std::int64_t first_unsettled(const Record& record) {
  return record.open.empty() ? record.given : record.open.begin()->first;
}

class KafkaInspector final : public QueueInspector {
 public:
  KafkaInspector(std::shared_ptr<KafkaSender> sender, KafkaReader reader)
      : sender_(std::move(sender)), address_(sender_->address()), reader_(std::move(reader)) {}

  Result<std::vector<QueueState>> queues() override;
  Result<std::vector<PeekedMessage>> peek(const std::string& topic, std::size_t limit) override;
  Result<std::vector<DeadLetter>> dead_letters(const std::string& topic, std::size_t limit,
                                               std::int64_t after) override;
  Result<DeadLetter> dead_letter(std::int64_t id) override;
  Result<void> redrive(std::int64_t id) override;

 private:
  struct Overview {
    std::map<std::string, std::vector<KafkaSlot>> topics{};  ///< as they are called at Kafka
    std::map<KafkaSlot, Range> ranges{};
    std::vector<Progress> groups{};

    std::vector<Progress> groups_of(const std::string& topic) const {
      std::vector<Progress> found;
      for (const Progress& group : groups) {
        if (group.knows(topic)) found.push_back(group);
      }
      if (found.empty()) found.push_back({});
      return found;
    }
  };

  Result<Overview> look();
  Result<std::vector<KafkaLetter>> letters();
  Result<KafkaLetter> letter(std::int64_t id);
  Result<void> add_ages(const Overview& all, std::vector<QueueState>& queues);
  Result<void> add_redriven(const Overview& all, std::vector<QueueState>& queues);
  QueueState state_of(const std::string& topic, const Progress& group, const Overview& all,
                      const KafkaReader::Offsets& recent) const;

  const std::shared_ptr<KafkaSender> sender_;
  const KafkaAddress& address_;
  std::mutex mutex_;  ///< guards reader_
  KafkaReader reader_;
};

Result<KafkaInspector::Overview> KafkaInspector::look() {
  const auto topics = reader_.topics();
  if (!topics) return fail(topics.error());
  const auto groups = reader_.groups();
  if (!groups) return fail(groups.error());
  Overview all;
  std::vector<KafkaSlot> slots;
  const auto add = [&](const std::string& topic) {
    const auto found = topics->find(topic);
    for (int i = 0; found != topics->end() && i < found->second; ++i) {
      all.topics[topic].push_back({topic, i});
      slots.push_back({topic, i});
    }
  };
  for (const auto& [topic, partitions] : *topics) {
    if (address_.name_of(topic)) add(topic);
  }
  for (const std::string& at_kafka : *groups) {
    const auto group = address_.name_of(at_kafka);
    if (!group) continue;
    add(address_.redriven(*group));
    const auto committed = reader_.committed(at_kafka);
    if (!committed) return fail(committed.error());
    Progress progress{.group = *group};
    for (const auto& [slot, commit] : *committed) {
      progress.records.emplace(slot, KafkaPartition::parse(commit.offset, commit.metadata));
    }
    all.groups.push_back(std::move(progress));
  }
  auto ranges = reader_.ends(slots);
  if (!ranges) return fail(std::move(ranges.error()));
  all.ranges = std::move(*ranges);
  return all;
}

QueueState KafkaInspector::state_of(const std::string& topic, const Progress& group,
                                    const Overview& all, const KafkaReader::Offsets& recent) const {
  QueueState queue{.topic = *address_.name_of(topic), .group = group.group, .oldest_age_ms = {}};
  std::int64_t in_flight = 0;
  std::int64_t redelivered = 0;
  double published = 0;
  double acked = 0;
  for (const KafkaSlot& slot : all.topics.at(topic)) {
    const Range& range = all.ranges.at(slot);
    const Record record = group.of(slot, range);
    const auto in_hand = std::count_if(record.open.begin(), record.open.end(),
                                       [](const auto& item) { return item.second.in_hand; });
    queue.ready += std::max<std::int64_t>(range.to - std::max(record.given, range.from), 0) +
                   static_cast<std::int64_t>(record.open.size()) - in_hand;
    in_flight += in_hand;
    redelivered += record.redelivered;
    const std::int64_t first = recent.at(slot);
    if (first >= 0) published += static_cast<double>(range.to - first) * 1000 / kRateMs;
    acked += record.acked_per_s *
             std::exp(-static_cast<double>(unix_ms_now() - record.rated_ms) / kRateMs);
  }
  queue.in_flight = in_flight;
  queue.redelivered = redelivered;
  queue.dead = 0;
  queue.published_per_s = published;
  queue.acked_per_s = acked;
  return queue;
}

Result<std::vector<QueueState>> KafkaInspector::queues() {
  const std::lock_guard lock(mutex_);
  const auto all = look();
  if (!all) return fail(all.error());
  std::vector<KafkaSlot> slots;
  for (const auto& [slot, range] : all->ranges) slots.push_back(slot);
  const auto recent = reader_.since(slots, unix_ms_now() - kRateMs);
  if (!recent) return fail(recent.error());
  const auto dead = letters();
  if (!dead) return fail(dead.error());

  std::vector<QueueState> queues;
  for (const auto& [topic, partitions] : all->topics) {
    if (!address_.name_of(topic)) continue;
    for (const Progress& group : all->groups_of(topic)) {
      queues.push_back(state_of(topic, group, *all, *recent));
      const auto count = std::count_if(dead->begin(), dead->end(), [&](const KafkaLetter& item) {
        return item.letter.group == group.group && item.letter.message.topic == queues.back().topic;
      });
      queues.back().dead = count;
    }
  }
  if (auto added = add_redriven(*all, queues); !added) return fail(std::move(added.error()));
  if (auto added = add_ages(*all, queues); !added) return fail(std::move(added.error()));
  std::sort(queues.begin(), queues.end(), [](const QueueState& one, const QueueState& other) {
    return std::tie(one.topic, one.group) < std::tie(other.topic, other.group);
  });
  return queues;
}

/// What waits to be given to a group once more is ready in the topic it came from.
Result<void> KafkaInspector::add_redriven(const Overview& all, std::vector<QueueState>& queues) {
  for (const Progress& group : all.groups) {
    std::map<KafkaSlot, Range> wanted;
    const auto slots = all.topics.find(address_.redriven(group.group));
    if (slots == all.topics.end()) continue;
    for (const KafkaSlot& slot : slots->second) {
      const Range& range = all.ranges.at(slot);
      wanted[slot] = {first_unsettled(group.of(slot, range)), range.to};
    }
    const auto records = reader_.read(wanted);
    if (!records) return fail(records.error());
    for (const KafkaMessage& record : *records) {
      const KafkaSlot slot{rd_kafka_topic_name(record->rkt), record->partition};
      const Record state = group.of(slot, all.ranges.at(slot));
      if (record->offset < state.given && !state.open.contains(record->offset)) continue;
      const std::string topic = kafka_delivery(address_, *record).message.topic;
      for (QueueState& queue : queues) {
        if (queue.topic == topic && queue.group == group.group) ++queue.ready;
      }
    }
  }
  return {};
}

/// Since when the oldest message waits, from its own timestamp.
Result<void> KafkaInspector::add_ages(const Overview& all, std::vector<QueueState>& queues) {
  for (const Progress& group : all.groups) {
    std::map<KafkaSlot, Range> oldest;
    for (const auto& [slot, record] : group.records) {
      const auto range = all.ranges.find(slot);
      if (range == all.ranges.end() || !address_.name_of(slot.topic)) continue;
      const std::int64_t first = std::max(first_unsettled(record), range->second.from);
      oldest[slot] = {first, std::min(first + 1, range->second.to)};
    }
    const auto records = reader_.read(oldest);
    if (!records) return fail(records.error());
    for (const KafkaMessage& record : *records) {
      const Delivery delivery = kafka_delivery(address_, *record);
      const std::int64_t age =
          std::max<std::int64_t>(unix_ms_now() - delivery.published_unix_nano / 1'000'000, 0);
      for (QueueState& queue : queues) {
        if (queue.topic != delivery.message.topic || queue.group != group.group) continue;
        queue.oldest_age_ms = std::max(queue.oldest_age_ms.value_or(0), age);
      }
    }
  }
  return {};
}

Result<std::vector<PeekedMessage>> KafkaInspector::peek(const std::string& topic,
                                                        std::size_t limit) {
  if (auto checked = check_topic(topic); !checked) return fail(std::move(checked.error()));
  limit = std::min(limit, limits::kPeekedMessages);
  const std::lock_guard lock(mutex_);
  const auto all = look();
  if (!all) return fail(all.error());
  const auto slots = all->topics.find(address_.topic(topic));
  if (slots == all->topics.end()) {
    return fail(Code::topic_not_found, fmt::format("there is no topic {}", topic));
  }
  using Found = std::pair<std::int64_t, PeekedMessage>;  // with when it was published
  std::vector<Found> found;
  const auto add = [&](const Delivery& delivery, const std::string& group, std::string state,
                       int attempts) {
    found.emplace_back(delivery.published_unix_nano,
                       PeekedMessage{.id = delivery.id,
                                     .published_at = rfc3339(delivery.published_unix_nano),
                                     .group = group,
                                     .state = std::move(state),
                                     .attempts = attempts,
                                     .message = delivery.message});
  };
  for (const Progress& group : all->groups_of(slots->first)) {
    std::map<KafkaSlot, Range> wanted;
    for (const KafkaSlot& slot : slots->second) {
      const Range& range = all->ranges.at(slot);
      const Record record = group.of(slot, range);
      const std::int64_t enough = record.given + static_cast<std::int64_t>(limit);
      wanted[slot] = {std::max(first_unsettled(record), range.from), std::min(enough, range.to)};
    }
    const auto records = reader_.read(wanted);
    if (!records) return fail(records.error());
    for (const KafkaMessage& message : *records) {
      const KafkaSlot slot{slots->first, message->partition};
      const Record record = group.of(slot, all->ranges.at(slot));
      const Delivery delivery = kafka_delivery(address_, *message);
      if (const auto state = state_in(record, message->offset)) {
        add(delivery, group.group, state->first, state->second);
      }
    }
  }
  const auto dead = letters();
  if (!dead) return fail(dead.error());
  for (const KafkaLetter& item : *dead) {
    if (item.letter.message.topic != topic) continue;
    add(item.delivery, item.letter.group, "dead", item.letter.attempts);
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& one, const Found& other) {
    return std::tie(one.first, one.second.id) < std::tie(other.first, other.second.id);
  });
  std::vector<PeekedMessage> messages;
  for (Found& item : found) {
    if (messages.size() < limit) messages.push_back(std::move(item.second));
  }
  return messages;
}

/// All that were not redriven, the oldest first.
Result<std::vector<KafkaLetter>> KafkaInspector::letters() {
  const auto topics = reader_.topics();
  if (!topics) return fail(topics.error());
  if (!topics->contains(address_.letters())) return std::vector<KafkaLetter>();
  const auto ranges = reader_.ends({{address_.letters(), 0}});
  if (!ranges) return fail(ranges.error());
  const auto records = reader_.read(*ranges);
  if (!records) return fail(records.error());
  std::map<std::string, KafkaLetter> latest;
  for (const KafkaMessage& record : *records) {
    std::string key = kafka_text(record->key, record->key_len);
    if (record->payload == nullptr) {
      latest.erase(key);
    } else {
      latest.insert_or_assign(std::move(key), parse_kafka_letter(*record));
    }
  }
  std::vector<KafkaLetter> letters;
  for (auto& [key, letter] : latest) letters.push_back(std::move(letter));
  std::sort(letters.begin(), letters.end(), [](const KafkaLetter& one, const KafkaLetter& other) {
    return one.letter.id < other.letter.id;
  });
  return letters;
}

Result<std::vector<DeadLetter>> KafkaInspector::dead_letters(const std::string& topic,
                                                             std::size_t limit,
                                                             std::int64_t after) {
  const std::lock_guard lock(mutex_);
  auto all = letters();
  if (!all) return fail(std::move(all.error()));
  std::vector<DeadLetter> wanted;
  for (KafkaLetter& item : *all) {
    if (wanted.size() == limit) break;
    const bool of_topic = topic.empty() || item.letter.message.topic == topic;
    if (of_topic && item.letter.id > after) wanted.push_back(std::move(item.letter));
  }
  return wanted;
}

Result<KafkaLetter> KafkaInspector::letter(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  auto all = letters();
  if (!all) return fail(std::move(all.error()));
  for (KafkaLetter& item : *all) {
    if (item.letter.id == id) return std::move(item);
  }
  return fail(Code::dead_letter_not_found, fmt::format("there is no dead letter {}", id));
}

Result<DeadLetter> KafkaInspector::dead_letter(std::int64_t id) {
  auto found = letter(id);
  if (!found) return fail(std::move(found.error()));
  return std::move(found->letter);
}

Result<void> KafkaInspector::redrive(std::int64_t id) {
  const auto found = letter(id);
  if (!found) return fail(found.error());
  // First the message, then the word that it is no dead letter: between the two it may be redriven
  // twice, but never be lost.
  if (auto sent = sender_->send({kafka_redriven(address_, *found)}); !sent) return sent;
  return sender_->send({kafka_tombstone(address_, *found)});
}

}  // namespace

Result<std::unique_ptr<QueueInspector>> inspect_kafka(const BrokerOptions& options) {
  auto address = KafkaAddress::parse(options.url);
  if (!address) return fail(std::move(address.error()));
  auto reader = KafkaReader::open(address->servers, options.call);
  if (!reader) return fail(std::move(reader.error()));
  return std::make_unique<KafkaInspector>(
      std::make_shared<KafkaSender>(std::move(*address), options), std::move(*reader));
}

}  // namespace msdemo::messaging
