#include "messaging/kafka_hand.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "messaging/message_rules.hpp"

namespace msdemo::messaging {

void KafkaHand::take(std::span<const KafkaCommit> partitions, const Moment& now) {
  for (const KafkaCommit& known : partitions) {
    const auto entry =
        partitions_.insert_or_assign(known.slot, KafkaPartition(known.offset, known.metadata, now));
    // Greater than every earlier one, whatever this machine's clock says.
    last_lease_ = std::max(last_lease_, entry.first->second.last_lease());
  }
}

void KafkaHand::withhold(std::span<const KafkaSlot> slots) {
  withheld_.insert(slots.begin(), slots.end());
}

std::vector<KafkaCommit> KafkaHand::hand_over(std::span<const KafkaSlot> slots, const Moment& now) {
  for (const KafkaSlot& slot : slots) {
    const auto found = partitions_.find(slot);
    if (found != partitions_.end()) found->second.release(now.steady);
  }
  std::vector<KafkaCommit> last = commits({slots.begin(), slots.end()}, now);
  for (const KafkaSlot& slot : slots) {
    partitions_.erase(slot);
    withheld_.erase(slot);
  }
  std::erase_if(held_, [this](const auto& item) { return !has(item.second.slot); });
  return last;
}

void KafkaHand::fetched(const KafkaSlot& slot, std::int64_t offset, Delivery delivery) {
  const auto found = partitions_.find(slot);
  if (found != partitions_.end()) found->second.fetched(offset, std::move(delivery));
}

bool KafkaHand::room(std::size_t fetched) const {
  std::size_t fresh = 0;
  std::size_t open = 0;
  for (const auto& [slot, partition] : partitions_) {
    fresh += partition.fresh();
    open += partition.open();
  }
  return fresh < fetched && open < limits::kKafkaOpen;
}

bool KafkaHand::can_give(SteadyTime now) const {
  // A suspect is handled while nothing else is.
  if (has_suspect()) return !holds(now);
  const bool something = std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& item) {
    return !withheld_.contains(item.first) && item.second.next(now);
  });
  return something && std::none_of(held_.begin(), held_.end(), [now](const auto& item) {
           return item.second.alone && item.second.until > now;
         });
}

bool KafkaHand::has_suspect() const {
  return std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& item) {
    return !withheld_.contains(item.first) && item.second.next_suspect();
  });
}

/// Round robin: begins after the partition that was last.
template <class Visit>
void KafkaHand::in_turn(Visit&& visit) {
  auto next = partitions_.upper_bound(last_);
  for (std::size_t i = 0; i < partitions_.size(); ++i, ++next) {
    if (next == partitions_.end()) next = partitions_.begin();
    if (!withheld_.contains(next->first)) visit(next->first, next->second);
  }
}

SteadyTime KafkaHand::next_due(SteadyTime limit) const {
  for (const auto& [slot, partition] : partitions_) {
    if (const auto due = partition.next_due()) limit = std::min(limit, *due);
  }
  return limit;
}

KafkaHand::Given KafkaHand::give(std::size_t max, const Moment& now) {
  Given given;
  if (!can_give(now.steady) || give_suspect(given, now)) return given;
  in_turn([&](const KafkaSlot& slot, KafkaPartition& partition) {
    give_from(slot, partition, max, given, now);
  });
  if (!given.deliveries.empty()) last_ = held_.at(given.deliveries.back().lease).slot;
  return given;
}

std::set<KafkaSlot> KafkaHand::announce(std::size_t max) {
  std::set<KafkaSlot> slots;
  if (!held_.empty() || has_suspect()) return slots;
  in_turn([&](const KafkaSlot& slot, KafkaPartition& partition) {
    const std::size_t announced = partition.announce(max);
    max -= announced;
    if (announced > 0) slots.insert(slot);
  });
  return slots;
}

void KafkaHand::retract() {
  for (auto& [slot, partition] : partitions_) partition.retract();
}

/// One that an earlier owner died with is given out alone, so that only it can be to blame when
/// this process dies, too.
bool KafkaHand::give_suspect(Given& given, const Moment& now) {
  for (auto& [slot, partition] : partitions_) {
    const auto suspect = partition.next_suspect();
    if (!suspect || withheld_.contains(slot)) continue;
    give_one(slot, partition, *suspect, given, now);
    given.suspect = !given.deliveries.empty();
    if (given.suspect) held_.at(given.deliveries.back().lease).alone = true;
    return true;
  }
  return false;
}

void KafkaHand::give_from(const KafkaSlot& slot, KafkaPartition& partition, std::size_t max,
                          Given& given, const Moment& now) {
  while (given.deliveries.size() < max) {
    const auto next = partition.next(now.steady);
    if (!next) return;
    const std::size_t bytes = given.bytes + partition.body_size(*next);
    if (!given.deliveries.empty() && bytes > limits::kBatchBytes) return;
    given.bytes = bytes;
    give_one(slot, partition, *next, given, now);
  }
}

void KafkaHand::give_one(const KafkaSlot& slot, KafkaPartition& partition, std::int64_t offset,
                         Given& given, const Moment& now) {
  const int attempts = partition.attempts(offset);
  const bool retried = partition.retried(offset);
  const bool exhausted = attempts >= max_attempts_;
  given.announced = given.announced && partition.announced(offset);
  held_.erase(partition.lease(offset));  // that of its last delivery, if it has ended
  last_lease_ = std::max(last_lease_ + 1, unix_nano(now.system) / 1000);
  const SteadyTime until = now.steady + lease_;
  Delivery delivery = partition.give(offset, last_lease_, until, !exhausted);
  held_.emplace(last_lease_,
                Held{.id = delivery.id, .slot = slot, .offset = offset, .until = until});
  given.slots.insert(slot);
  if (exhausted) {
    given.exhausted.emplace_back(std::move(delivery), exhausted_reason(attempts, retried));
  } else {
    given.deliveries.push_back(std::move(delivery));
  }
}

bool KafkaHand::holds(SteadyTime now) const {
  return std::any_of(held_.begin(), held_.end(),
                     [now](const auto& item) { return item.second.until > now; });
}

bool KafkaHand::holds(SteadyTime now, std::span<const KafkaSlot> slots) const {
  return std::any_of(held_.begin(), held_.end(), [&](const auto& item) {
    return item.second.until > now &&
           std::find(slots.begin(), slots.end(), item.second.slot) != slots.end();
  });
}

KafkaHand::HeldByLease::iterator KafkaHand::find(const Delivery& delivery) {
  const auto found = held_.find(delivery.lease);
  return found != held_.end() && found->second.id == delivery.id ? found : held_.end();
}

std::optional<KafkaSlot> KafkaHand::extend(const Delivery& delivery, SteadyTime until) {
  const auto found = find(delivery);
  if (found == held_.end()) return std::nullopt;
  Held& held = found->second;
  held.until = until;
  partitions_.at(held.slot).extend(held.offset, until);
  return held.slot;
}

std::optional<KafkaSlot> KafkaHand::settle(const Delivery& delivery, const Moment& now) {
  const auto found = find(delivery);
  if (found == held_.end()) return std::nullopt;
  const Held held = found->second;
  held_.erase(found);
  partitions_.at(held.slot).settle(held.offset, now);
  return held.slot;
}

std::optional<KafkaSlot> KafkaHand::retry(const Delivery& delivery, SteadyTime due) {
  const auto found = find(delivery);
  if (found == held_.end()) return std::nullopt;
  const Held held = found->second;
  held_.erase(found);
  partitions_.at(held.slot).retry(held.offset, due);
  return held.slot;
}

std::vector<KafkaCommit> KafkaHand::commits(const std::set<KafkaSlot>& slots,
                                            const Moment& now) const {
  std::vector<KafkaCommit> commits;
  for (const KafkaSlot& slot : slots) {
    const auto found = partitions_.find(slot);
    if (found == partitions_.end()) continue;
    commits.push_back({slot, found->second.to_commit(), found->second.metadata(now)});
  }
  return commits;
}

}  // namespace msdemo::messaging
