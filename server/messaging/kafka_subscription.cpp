#include "messaging/kafka_subscription.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "messaging/kafka_records.hpp"
#include "messaging/message_rules.hpp"
#include "messaging/names.hpp"
#include "messaging/stale_lease.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;

/// After which a commit is tried again that came while the group was changing.
constexpr milliseconds kCommitAgain{50};

SteadyTime steady_now() {
  return real_clock().steady_now();
}

std::int64_t unix_micros() {
  return unix_nano(real_clock().system_now()) / 1000;
}

}  // namespace

Result<std::unique_ptr<Subscription>> KafkaSubscription::open(std::shared_ptr<KafkaSender> sender,
                                                              const std::string& group,
                                                              std::span<const std::string> topics) {
  const KafkaAddress& address = sender->address();
  std::set<std::string> named = {address.redriven(group)};
  std::vector<std::string> all(named.begin(), named.end());
  for (const std::string& topic : topics) {
    if (has_wildcard(topic)) {
      all.push_back(address.expression(topic));
    } else if (named.insert(address.topic(topic)).second) {
      all.push_back(address.topic(topic));
    }
  }
  if (auto ensured = sender->ensure(named); !ensured) return fail(std::move(ensured.error()));
  std::unique_ptr<KafkaSubscription> subscription(new KafkaSubscription(sender, group));
  auto member = KafkaMember::open({.servers = address.servers,
                                   .group = address.group(group),
                                   .topics = std::move(all),
                                   .call = sender->options().call},
                                  *subscription);
  if (!member) return fail(std::move(member.error()));
  subscription->member_ = std::move(*member);
  subscription->member_->start();
  return subscription;
}

KafkaSubscription::KafkaSubscription(std::shared_ptr<KafkaSender> sender, std::string group)
    : sender_(std::move(sender)), group_(std::move(group)) {}

KafkaSubscription::~KafkaSubscription() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  settled_.notify_all();
  if (member_) member_->close();  // hands the partitions over, by revoked()
}

Result<std::vector<Delivery>> KafkaSubscription::receive(std::size_t max, milliseconds wait) {
  max = std::clamp<std::size_t>(max, 1, limits::kBatchMessages);
  wait = std::clamp<milliseconds>(wait, milliseconds(0), limits::kReceiveWait);
  const SteadyTime deadline = steady_now() + wait;
  {
    const std::lock_guard lock(mutex_);
    receiving_ = true;
    if (!part_) member_->wake();
  }
  Result<std::vector<Delivery>> result;
  do {
    await(deadline);
    auto given = give_out(max);
    if (!given) {
      result = fail(std::move(given.error()));
      break;
    }
    for (const auto& [delivery, reason] : given->exhausted) {
      const auto buried = dead_letter(delivery, reason);
      if (!buried) spdlog::warn("{} comes again: {}", delivery.id, buried.error().message);
    }
    result = std::move(given->deliveries);
  } while (result->empty() && steady_now() < deadline && !interrupted_);
  if (result && result->empty()) result = nothing_came();
  const std::lock_guard lock(mutex_);
  receiving_ = false;
  received_ = steady_now();
  if (full_ && room()) member_->wake();
  return result;
}

/// Until there may be something to give out, or no time for it.
void KafkaSubscription::await(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  for (SteadyTime now = steady_now(); !interrupted_ && !can_give(now) && now < deadline;
       now = steady_now()) {
    changed_.wait_until(lock, next_due(deadline));
  }
}

/// Because there is nothing, or because nobody says so?
Result<std::vector<Delivery>> KafkaSubscription::nothing_came() {
  {
    const std::lock_guard lock(mutex_);
    if (interrupted_ || !unreachable_) return std::vector<Delivery>();
  }
  if (auto answered = member_->ask(); !answered) return fail(std::move(answered.error()));
  const std::lock_guard lock(mutex_);
  unreachable_ = false;
  return std::vector<Delivery>();
}

Result<KafkaSubscription::Given> KafkaSubscription::give_out(std::size_t max) {
  const std::lock_guard committing(commit_mutex_);
  Given given;
  std::vector<KafkaCommit> commits;
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = steady_now();
    if (interrupted_ || !can_give(now)) return given;
    if (!give_suspect(given, now)) {
      // Round robin: after the partition that was last.
      auto next = partitions_.upper_bound(last_);
      for (std::size_t i = 0; i < partitions_.size(); ++i, ++next) {
        if (next == partitions_.end()) next = partitions_.begin();
        if (!leaving_.contains(next->first)) give_from(next->first, next->second, max, given, now);
      }
    }
    commits = commits_of(given.slots);
  }
  // Deliveries are counted when they are given out, so that a message that kills its consumers is
  // found out. Of most of them nobody waits for the count to arrive: lost with its process, it is
  // one attempt more. For a suspect it has to be there first.
  if (!given.counted_first) {
    member_->commit_later(commits);
    return given;
  }
  if (auto counted = member_->commit(commits); !counted) {
    const std::lock_guard lock(mutex_);
    for (const Delivery& delivery : given.deliveries) {
      Held* const held = find(delivery);
      if (held != nullptr) held->until = steady_now();
      if (held != nullptr) partitions_.at(held->slot).extend(held->offset, held->until);
    }
    return fail(std::move(counted.error()));
  }
  return given;
}

/// One that an earlier owner died with: it is given out alone, so that only it can be to blame when
/// this process dies, too.
bool KafkaSubscription::give_suspect(Given& given, SteadyTime now) {
  for (auto& [slot, partition] : partitions_) {
    const auto suspect = leaving_.contains(slot) ? std::nullopt : partition.next_suspect();
    if (!suspect) continue;
    const int attempts = partition.attempts(*suspect);
    given.slots.insert(slot);
    if (attempts >= sender_->options().max_attempts) {
      given.exhausted.emplace_back(hand_out(slot, partition, *suspect, now, false),
                                   exhausted_reason(attempts, false));
    } else {
      given.deliveries.push_back(hand_out(slot, partition, *suspect, now, true));
      given.counted_first = true;
      held_.at(given.deliveries.back().lease).alone = true;
    }
    return true;
  }
  return false;
}

void KafkaSubscription::give_from(const KafkaSlot& slot, KafkaPartition& partition, std::size_t max,
                                  Given& given, SteadyTime now) {
  while (given.deliveries.size() < max) {
    const auto next = partition.next(now);
    if (!next) return;
    given.bytes += partition.body_size(*next);
    if (!given.deliveries.empty() && given.bytes > limits::kBatchBytes) return;
    const int attempts = partition.attempts(*next);
    const bool retried = partition.retried(*next);
    const bool exhausted = attempts >= sender_->options().max_attempts;
    Delivery delivery = hand_out(slot, partition, *next, now, !exhausted);
    given.slots.insert(slot);
    if (exhausted) {
      given.exhausted.emplace_back(std::move(delivery), exhausted_reason(attempts, retried));
    } else {
      given.deliveries.push_back(std::move(delivery));
      last_ = slot;
    }
  }
}

Delivery KafkaSubscription::hand_out(const KafkaSlot& slot, KafkaPartition& partition,
                                     std::int64_t offset, SteadyTime now, bool counts) {
  held_.erase(partition.lease(offset));  // that of its last delivery, if it has ended
  last_lease_ = std::max(last_lease_ + 1, unix_micros());
  const SteadyTime until = now + sender_->options().lease;
  Delivery delivery = partition.give(offset, last_lease_, until, counts);
  held_.emplace(last_lease_,
                Held{.id = delivery.id, .slot = slot, .offset = offset, .until = until});
  return delivery;
}

bool KafkaSubscription::can_give(SteadyTime now) const {
  bool something = false;
  bool suspect = false;
  for (const auto& [slot, partition] : partitions_) {
    if (leaving_.contains(slot)) continue;
    something = something || partition.next(now);
    suspect = suspect || partition.next_suspect();
  }
  // A suspect is handled while nothing else is.
  if (suspect) return !holds(now);
  return something && std::none_of(held_.begin(), held_.end(), [now](const auto& item) {
           return item.second.alone && item.second.until > now;
         });
}

bool KafkaSubscription::holds(SteadyTime now, const std::vector<KafkaSlot>* slots) const {
  return std::any_of(held_.begin(), held_.end(), [&](const auto& item) {
    const Held& held = item.second;
    return held.until > now &&
           (slots == nullptr || std::find(slots->begin(), slots->end(), held.slot) != slots->end());
  });
}

SteadyTime KafkaSubscription::next_due(SteadyTime limit) const {
  for (const auto& [slot, partition] : partitions_) {
    if (const auto due = partition.next_due()) limit = std::min(limit, *due);
  }
  return limit;
}

KafkaSubscription::Held* KafkaSubscription::find(const Delivery& delivery) {
  const auto found = held_.find(delivery.lease);
  if (found == held_.end() || found->second.id != delivery.id) return nullptr;
  return &found->second;
}

Result<void> KafkaSubscription::extend(std::span<const Delivery> deliveries) {
  StaleLeases stale;
  const std::lock_guard lock(mutex_);
  for (const Delivery& delivery : deliveries) {
    Held* const held = find(delivery);
    if (held == nullptr) {
      stale.add(delivery);
      continue;
    }
    held->until = steady_now() + sender_->options().lease;
    partitions_.at(held->slot).extend(held->offset, held->until);
  }
  return stale.result();
}

Result<void> KafkaSubscription::ack(std::span<const Delivery> deliveries) {
  return settle(deliveries, [](KafkaPartition& partition, const Held& held) {
    partition.settle(held.offset, Moment::now(real_clock()));
  });
}

Result<void> KafkaSubscription::retry_later(const Delivery& delivery, milliseconds delay) {
  delay = std::clamp<milliseconds>(delay, milliseconds(0), limits::kRetryDelay);
  return settle({&delivery, 1}, [delay](KafkaPartition& partition, const Held& held) {
    partition.retry(held.offset, steady_now() + delay);
  });
}

Result<void> KafkaSubscription::dead_letter(const Delivery& delivery, const std::string& reason) {
  if (auto held = extend({&delivery, 1}); !held) return held;
  if (auto buried = sender_->bury(group_, delivery, reason); !buried) return buried;
  return ack({&delivery, 1});
}

Result<void> KafkaSubscription::settle(std::span<const Delivery> deliveries,
                                       const Settlement& how) {
  StaleLeases stale;
  std::set<KafkaSlot> touched;
  const std::lock_guard committing(commit_mutex_);
  {
    const std::lock_guard lock(mutex_);
    for (const Delivery& delivery : deliveries) {
      const Held* const held = find(delivery);
      if (held == nullptr) {
        stale.add(delivery);
        continue;
      }
      how(partitions_.at(held->slot), *held);
      touched.insert(held->slot);
      held_.erase(delivery.lease);
    }
    if (interrupted_ && held_.empty()) member_->wake();
  }
  changed_.notify_all();
  settled_.notify_all();
  const auto committed = commit(touched);
  if (!committed && committed.error().code == Code::stale_lease) {
    // The group went on without this member, and all that it held is with others.
    stale = StaleLeases();
    for (const Delivery& delivery : deliveries) stale.add(delivery);
  } else if (!committed) {
    return committed;
  }
  return stale.result();
}

/// Commits what is so now. While the group is changing Kafka takes no commit; it is tried again, as
/// long as the partitions are ours. Fails with stale_lease when one is not any more.
Result<void> KafkaSubscription::commit(const std::set<KafkaSlot>& slots) {
  const SteadyTime deadline = steady_now() + sender_->options().call;
  for (;;) {
    std::vector<KafkaCommit> commits;
    {
      const std::lock_guard lock(mutex_);
      const bool ours = std::all_of(slots.begin(), slots.end(), [this](const KafkaSlot& slot) {
        return partitions_.contains(slot) && !lost_.contains(slot);
      });
      if (!ours) return fail(Code::stale_lease, "the group gave a partition to another consumer");
      commits = commits_of(slots);
    }
    auto committed = member_->commit(commits);
    const bool later = !committed && committed.error().code == Code::overloaded;
    if (!later) return committed;
    if (steady_now() > deadline) return fail(Code::timeout, committed.error().message);
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, kCommitAgain);
  }
}

std::vector<KafkaCommit> KafkaSubscription::commits_of(const std::set<KafkaSlot>& slots) const {
  const Moment now = Moment::now(real_clock());
  std::vector<KafkaCommit> commits;
  for (const KafkaSlot& slot : slots) {
    const auto found = partitions_.find(slot);
    if (found == partitions_.end()) continue;
    commits.push_back({slot, found->second.to_commit(), found->second.metadata(now)});
  }
  return commits;
}

void KafkaSubscription::interrupt() {
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
  }
  changed_.notify_all();
  member_->wake();
}

bool KafkaSubscription::takes_part() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = steady_now();
  // A consumer that hangs is given as long as one that died.
  const SteadyTime idle = received_ + sender_->options().lease + limits::kKafkaSession;
  const bool takes = receiving_ || (received_ != SteadyTime{} && now < idle);
  part_ = !closing_ && ((takes && !interrupted_) || holds(now));
  return part_;
}

bool KafkaSubscription::room() const {
  std::size_t fresh = 0;
  std::size_t open = 0;
  for (const auto& [slot, partition] : partitions_) {
    fresh += partition.fresh();
    open += partition.open();
  }
  return fresh < limits::kKafkaFetched && open < limits::kKafkaOpen;
}

bool KafkaSubscription::has_room() {
  const std::lock_guard lock(mutex_);
  full_ = !room();
  return !full_;
}

void KafkaSubscription::assigned(const std::vector<KafkaCommit>& partitions) {
  const Moment now = Moment::now(real_clock());
  const std::lock_guard lock(mutex_);
  unreachable_ = false;
  for (const KafkaCommit& known : partitions) {
    const auto entry =
        partitions_.insert_or_assign(known.slot, KafkaPartition(known.offset, known.metadata, now));
    // Greater than every earlier one, whatever this machine's clock says.
    last_lease_ = std::max(last_lease_, entry.first->second.last_lease());
  }
}

void KafkaSubscription::revoked(const std::vector<KafkaSlot>& partitions, bool lost) {
  {
    std::unique_lock lock(mutex_);
    leaving_.insert(partitions.begin(), partitions.end());
    if (lost) lost_.insert(partitions.begin(), partitions.end());
    settled_.wait_until(lock, steady_now() + limits::kKafkaHandover,
                        [&] { return lost || closing_ || !holds(steady_now(), &partitions); });
  }
  const std::lock_guard committing(commit_mutex_);
  std::vector<KafkaCommit> commits;
  {
    const std::lock_guard lock(mutex_);
    for (const KafkaSlot& slot : partitions) {
      const auto found = partitions_.find(slot);
      if (found != partitions_.end()) found->second.release(steady_now());
    }
    commits = commits_of({partitions.begin(), partitions.end()});
    for (const KafkaSlot& slot : partitions) {
      partitions_.erase(slot);
      leaving_.erase(slot);
      lost_.erase(slot);
    }
    std::erase_if(held_,
                  [this](const auto& item) { return !partitions_.contains(item.second.slot); });
  }
  if (lost) return;
  if (const auto handed = member_->commit(commits); !handed) {
    spdlog::info("kafka: what group {} has not settled counts as in hand: {}", group_,
                 handed.error().message);
  }
}

void KafkaSubscription::fetched(const std::vector<KafkaMessage>& records) {
  std::vector<Delivery> deliveries;
  deliveries.reserve(records.size());
  for (const KafkaMessage& record : records) {
    deliveries.push_back(kafka_delivery(sender_->address(), *record));
  }
  {
    const std::lock_guard lock(mutex_);
    unreachable_ = false;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const rd_kafka_message_t& record = *records[i];
      const auto found = partitions_.find({rd_kafka_topic_name(record.rkt), record.partition});
      if (found != partitions_.end()) {
        found->second.fetched(record.offset, std::move(deliveries[i]));
      }
    }
  }
  changed_.notify_all();
}

void KafkaSubscription::unreachable() {
  const std::lock_guard lock(mutex_);
  unreachable_ = true;
}

}  // namespace msdemo::messaging
