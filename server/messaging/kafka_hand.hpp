// What one consumer of a group at Kafka holds: its partitions, and which of their messages are with
// whom, until when.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "messaging/kafka_partition.hpp"

namespace msdemo::messaging {

/// A partition of a topic, as it is called at Kafka.
struct KafkaSlot {
  std::string topic;
  std::int32_t partition;

  auto operator<=>(const KafkaSlot&) const = default;
};

/// What is, or is to be, committed of a partition.
struct KafkaCommit {
  KafkaSlot slot;
  std::int64_t offset;  ///< negative: nothing
  std::string metadata{};
};

/// Pure, and not thread-safe: the subscription guards it.
class KafkaHand {
 public:
  /// What one look at the partitions gave out.
  struct Given {
    std::vector<Delivery> deliveries{};
    std::vector<std::pair<Delivery, std::string>> exhausted{};  ///< with the reason why they die
    std::set<KafkaSlot> slots{};
    std::size_t bytes = 0;
    bool announced = true;  ///< all of them were
    /// One that an earlier owner died with: it is not to be handled before the broker knows that it
    /// was given out.
    bool suspect = false;
  };

  KafkaHand(std::chrono::milliseconds lease, int max_attempts)
      : lease_(lease), max_attempts_(max_attempts) {}

  void take(std::span<const KafkaCommit> partitions, const Moment& now);
  bool has(const KafkaSlot& slot) const { return partitions_.contains(slot); }

  /// Nothing of them is given out any more; what is in hand may still be settled.
  void withhold(std::span<const KafkaSlot> slots);

  /// Everything of them that is in hand waits again, and they are gone; what is to be committed.
  std::vector<KafkaCommit> hand_over(std::span<const KafkaSlot> slots, const Moment& now);

  void fetched(const KafkaSlot& slot, std::int64_t offset, Delivery delivery);

  /// Whether more may be fetched, if no more than `fetched` are to wait here.
  bool room(std::size_t fetched) const;

  bool can_give(SteadyTime now) const;

  /// When can_give() may become true by itself; `limit` at the latest.
  SteadyTime next_due(SteadyTime limit) const;

  Given give(std::size_t max, const Moment& now);

  /// Counts in advance the fresh messages that give(max) takes next at most, unless something is in
  /// hand or a suspect. Returns the partitions concerned. Whoever then cannot tell the broker
  /// has to retract().
  std::set<KafkaSlot> announce(std::size_t max);
  void retract();

  /// Whether anything is in hand under a lease that has not ended; of these partitions, or of all.
  bool holds(SteadyTime now) const;
  bool holds(SteadyTime now, std::span<const KafkaSlot> slots) const;
  bool empty() const { return held_.empty(); }

  // These return what a delivery belonged to, or nothing if its lease has ended.
  std::optional<KafkaSlot> extend(const Delivery& delivery, SteadyTime until);
  std::optional<KafkaSlot> settle(const Delivery& delivery, const Moment& now);
  std::optional<KafkaSlot> retry(const Delivery& delivery, SteadyTime due);

  std::vector<KafkaCommit> commits(const std::set<KafkaSlot>& slots, const Moment& now) const;

 private:
  struct Held {
    std::int64_t id;
    KafkaSlot slot;
    std::int64_t offset;
    SteadyTime until;
    bool alone = false;  ///< a suspect: nothing else is given out while it is in hand
  };
  using HeldByLease = std::unordered_map<std::int64_t, Held>;

  bool has_suspect() const;
  template <class Visit>
  void in_turn(Visit&& visit);
  HeldByLease::iterator find(const Delivery& delivery);
  bool give_suspect(Given& given, const Moment& now);
  void give_from(const KafkaSlot& slot, KafkaPartition& partition, std::size_t max, Given& given,
                 const Moment& now);
  void give_one(const KafkaSlot& slot, KafkaPartition& partition, std::int64_t offset, Given& given,
                const Moment& now);

  const std::chrono::milliseconds lease_;
  const int max_attempts_;
  std::map<KafkaSlot, KafkaPartition> partitions_;
  std::set<KafkaSlot> withheld_;  ///< of those
  HeldByLease held_;              ///< what is in hand
  KafkaSlot last_{};              ///< that something was given from
  std::int64_t last_lease_ = 0;
};

}  // namespace msdemo::messaging
