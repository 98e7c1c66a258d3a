#include "messaging/kafka_subscription.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/limits.hpp"
#include "messaging/kafka_records.hpp"
#include "messaging/names.hpp"
#include "messaging/stale_lease.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;

/// For what nobody says: that a group has changed, that a lease has ended.
constexpr milliseconds kLookAgain{50};

/// To pause throws away what was fetched ahead, and after it librdkafka may take a second to fetch
/// again: it is for consumers that are slow, not for a moment in which a fast one is busy.
constexpr milliseconds kFullPatience{100};
constexpr std::size_t kResumeBelow = limits::kKafkaFetched / 2;

SteadyTime steady_now() {
  return real_clock().steady_now();
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
    : sender_(std::move(sender)),
      group_(std::move(group)),
      hand_(sender_->options().lease, sender_->options().max_attempts) {}

KafkaSubscription::~KafkaSubscription() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  settled_.notify_all();
  room_.notify_all();
  if (member_) member_->close();  // hands the partitions over, by revoked()
}

Result<std::vector<Delivery>> KafkaSubscription::receive(std::size_t max, milliseconds wait) {
  max = std::clamp<std::size_t>(max, 1, limits::kBatchMessages);
  wait = std::clamp<milliseconds>(wait, milliseconds(0), limits::kReceiveWait);
  const SteadyTime deadline = steady_now() + wait;
  {
    const std::lock_guard lock(mutex_);
    receiving_ = true;
    max_ = max;
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
  if (hand_.room(limits::kKafkaFetched)) room_.notify_one();
  if (full_ && hand_.room(kResumeBelow)) member_->wake();
  return result;
}

/// Until there may be something to give out, or no time for it.
void KafkaSubscription::await(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  for (SteadyTime now = steady_now(); !interrupted_ && !hand_.can_give(now) && now < deadline;
       now = steady_now()) {
    const SteadyTime due = hand_.next_due(deadline);
    // What is due and still not to be given out waits for a suspect or for another consumer.
    changed_.wait_until(lock, due > now ? due : std::min(now + kLookAgain, deadline));
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

Result<KafkaHand::Given> KafkaSubscription::give_out(std::size_t max) {
  const std::lock_guard committing(commit_mutex_);
  KafkaHand::Given given;
  std::vector<KafkaCommit> commits;
  {
    const std::lock_guard lock(mutex_);
    const Moment now = Moment::now(real_clock());
    if (interrupted_) return given;
    given = hand_.give(max, now);
    commits = hand_.commits(given.slots, now);
  }
  // Deliveries are counted when they are given out, so that a message that kills its consumers is
  // found out. Of most of them the count came with the last ack, or nobody waits for it to arrive:
  // lost with its process, it is one attempt more. For a suspect it has to be there first.
  if (!given.suspect) {
    if (!given.announced) member_->commit_later(commits);
    return given;
  }
  if (auto counted = member_->commit(commits); !counted) {
    const std::lock_guard lock(mutex_);
    for (const Delivery& delivery : given.deliveries) hand_.extend(delivery, steady_now());
    return fail(std::move(counted.error()));
  }
  return given;
}

Result<void> KafkaSubscription::extend(std::span<const Delivery> deliveries) {
  StaleLeases stale;
  const std::lock_guard lock(mutex_);
  for (const Delivery& delivery : deliveries) {
    if (!hand_.extend(delivery, steady_now() + sender_->options().lease)) stale.add(delivery);
  }
  return stale.result();
}

Result<void> KafkaSubscription::ack(std::span<const Delivery> deliveries) {
  return settle(deliveries, [this](const Delivery& delivery, const Moment& now) {
    return hand_.settle(delivery, now);
  });
}

Result<void> KafkaSubscription::retry_later(const Delivery& delivery, milliseconds delay) {
  delay = std::clamp<milliseconds>(delay, milliseconds(0), limits::kRetryDelay);
  return settle({&delivery, 1}, [&](const Delivery& one, const Moment& now) {
    return hand_.retry(one, now.steady + delay);
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
  std::vector<std::pair<const Delivery*, KafkaSlot>> settled;
  const std::lock_guard settling(settle_mutex_);
  {
    const std::lock_guard lock(mutex_);
    const Moment now = Moment::now(real_clock());
    for (const Delivery& delivery : deliveries) {
      const auto slot = how(delivery, now);
      if (!slot) {
        stale.add(delivery);
        continue;
      }
      settled.emplace_back(&delivery, *slot);
      uncommitted_.insert(*slot);
    }
    if (interrupted_ && hand_.empty()) member_->wake();
  }
  changed_.notify_all();
  settled_.notify_all();
  const auto committed = commit_settled();
  const std::lock_guard lock(mutex_);
  for (const auto& [delivery, slot] : settled) {
    if (gone_.contains(slot)) stale.add(*delivery);
  }
  uncommitted_.clear();
  gone_.clear();
  return committed ? stale.result() : committed;
}

/// Commits what is so now, and counts what is given out next. While the group is changing Kafka
/// takes no commit; it is tried again, until none of the partitions is ours any more. In between
/// revoked() has its turn: librdkafka before 2.10 takes the refusal of a commit that a change
/// overtook for the loss of its place (confluentinc/librdkafka#4059), and finds another only when
/// that has returned.
Result<void> KafkaSubscription::commit_settled() {
  const SteadyTime deadline = steady_now() + sender_->options().call;
  for (;;) {
    Result<void> committed = try_to_commit_settled();
    if (committed || committed.error().code != Code::overloaded) return committed;
    std::unique_lock lock(mutex_);
    if (uncommitted_.empty()) return {};
    if (steady_now() > deadline) return fail(Code::timeout, committed.error().message);
    settled_.wait_for(lock, kLookAgain);
  }
}

Result<void> KafkaSubscription::try_to_commit_settled() {
  const std::lock_guard committing(commit_mutex_);
  std::vector<KafkaCommit> commits;
  {
    const std::lock_guard lock(mutex_);
    if (uncommitted_.empty()) return {};
    std::set<KafkaSlot> told = uncommitted_;
    if (!interrupted_) told.merge(hand_.announce(max_));
    commits = hand_.commits(told, Moment::now(real_clock()));
  }
  auto committed = member_->commit(commits);
  const std::lock_guard lock(mutex_);
  committed ? uncommitted_.clear() : hand_.retract();
  return committed;
}

void KafkaSubscription::interrupt() {
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
  }
  changed_.notify_all();
  room_.notify_all();
  member_->wake();
}

bool KafkaSubscription::takes_part() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = steady_now();
  // A consumer that hangs is given as long as one that died.
  const SteadyTime idle = received_ + sender_->options().lease + limits::kKafkaSession;
  const bool takes = receiving_ || (received_ != SteadyTime{} && now < idle);
  part_ = !closing_ && ((takes && !interrupted_) || hand_.holds(now));
  return part_;
}

bool KafkaSubscription::has_room(bool paused) {
  std::unique_lock lock(mutex_);
  const std::size_t fetched = paused ? kResumeBelow : limits::kKafkaFetched;
  if (!paused) {
    room_.wait_for(lock, kFullPatience,
                   [&] { return hand_.room(fetched) || interrupted_ || closing_; });
  }
  full_ = !hand_.room(fetched);
  return !full_;
}

void KafkaSubscription::assigned(const std::vector<KafkaCommit>& partitions) {
  const std::lock_guard lock(mutex_);
  unreachable_ = false;
  hand_.take(partitions, Moment::now(real_clock()));
}

void KafkaSubscription::revoked(const std::vector<KafkaSlot>& partitions) {
  {
    std::unique_lock lock(mutex_);
    hand_.withhold(partitions);
    settled_.wait_until(lock, steady_now() + limits::kKafkaHandover, [&] {
      return closing_ || member_->lost() || !hand_.holds(steady_now(), partitions);
    });
  }
  const std::lock_guard committing(commit_mutex_);
  std::vector<KafkaCommit> commits;
  {
    const std::lock_guard lock(mutex_);
    commits = hand_.hand_over(partitions, Moment::now(real_clock()));
  }
  const auto handed = member_->commit(commits);
  if (!handed) {
    spdlog::info("kafka: what group {} has not settled counts as in hand: {}", group_,
                 handed.error().message);
  }
  const std::lock_guard lock(mutex_);
  for (const KafkaSlot& slot : partitions) {
    if (uncommitted_.erase(slot) > 0 && !handed) gone_.insert(slot);
  }
  settled_.notify_all();
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
      hand_.fetched({rd_kafka_topic_name(record.rkt), record.partition}, record.offset,
                    std::move(deliveries[i]));
    }
  }
  changed_.notify_all();
}

void KafkaSubscription::unreachable() {
  const std::lock_guard lock(mutex_);
  unreachable_ = true;
}

}  // namespace msdemo::messaging
