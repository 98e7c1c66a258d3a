// One consumer of a group at Kafka: what its member of the group fetches, who has been given what,
// and what is settled.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "messaging/broker.hpp"
#include "messaging/kafka_member.hpp"
#include "messaging/kafka_partition.hpp"
#include "messaging/kafka_sender.hpp"

namespace msdemo::messaging {

/// Kafka gives a partition to one consumer of a group at a time and knows nothing of single
/// messages. So leases, retries and attempts are kept here, by the one who has the partition, and
/// written down beside its offset for the next one (kafka_partition.hpp).
///
/// It is in the group from its first receive() on, as long as messages are taken or handled; who
/// hangs loses them to others. When a partition is to go to another consumer, what is in hand is
/// waited for, for limits::kKafkaHandover at most: the group waits, too.
class KafkaSubscription final : public Subscription, private KafkaMember::Owner {
 public:
  /// Makes the topics, as far as they have names. Fails as Broker::subscribe().
  static Result<std::unique_ptr<Subscription>> open(std::shared_ptr<KafkaSender> sender,
                                                    const std::string& group,
                                                    std::span<const std::string> topics);
  ~KafkaSubscription() override;

  Result<std::vector<Delivery>> receive(std::size_t max, std::chrono::milliseconds wait) override;
  Result<void> extend(std::span<const Delivery> deliveries) override;
  Result<void> ack(std::span<const Delivery> deliveries) override;
  Result<void> retry_later(const Delivery& delivery, std::chrono::milliseconds delay) override;
  Result<void> dead_letter(const Delivery& delivery, const std::string& reason) override;
  void interrupt() override;

 private:
  struct Held {
    std::int64_t id;
    KafkaSlot slot;
    std::int64_t offset;
    SteadyTime until;
    bool alone = false;  ///< a suspect: nothing else is given out while it is in hand
  };
  /// What one look at the partitions gave out.
  struct Given {
    std::vector<Delivery> deliveries{};
    std::vector<std::pair<Delivery, std::string>> exhausted{};  ///< with the reason why they die
    std::set<KafkaSlot> slots{};
    std::size_t bytes = 0;
    bool counted_first = false;  ///< not before the broker knows that it is given out
  };
  using Settlement = std::function<void(KafkaPartition&, const Held&)>;

  KafkaSubscription(std::shared_ptr<KafkaSender> sender, std::string group);

  bool takes_part() override;
  bool has_room() override;
  void assigned(const std::vector<KafkaCommit>& partitions) override;
  void revoked(const std::vector<KafkaSlot>& partitions, bool lost) override;
  void fetched(const std::vector<KafkaMessage>& records) override;
  void unreachable() override;

  void await(SteadyTime deadline);
  Result<std::vector<Delivery>> nothing_came();
  Result<Given> give_out(std::size_t max);
  Result<void> settle(std::span<const Delivery> deliveries, const Settlement& how);
  Result<void> commit(const std::set<KafkaSlot>& slots);

  // The mutex is held where these are called.
  bool can_give(SteadyTime now) const;
  bool holds(SteadyTime now, const std::vector<KafkaSlot>* slots = nullptr) const;
  SteadyTime next_due(SteadyTime limit) const;
  bool give_suspect(Given& given, SteadyTime now);
  void give_from(const KafkaSlot& slot, KafkaPartition& partition, std::size_t max, Given& given,
                 SteadyTime now);
  Delivery hand_out(const KafkaSlot& slot, KafkaPartition& partition, std::int64_t offset,
                    SteadyTime now, bool counts);
  Held* find(const Delivery& delivery);
  std::vector<KafkaCommit> commits_of(const std::set<KafkaSlot>& slots) const;
  bool room() const;

  const std::shared_ptr<KafkaSender> sender_;
  const std::string group_;
  std::mutex commit_mutex_;          ///< is held first: what is committed last is what was last
  std::mutex mutex_;                 ///< guards all below but the member
  std::condition_variable changed_;  ///< for receive(): there may be something to give
  std::condition_variable settled_;  ///< for revoked() and commit()
  std::map<KafkaSlot, KafkaPartition> partitions_;
  std::set<KafkaSlot> leaving_;                  ///< of those, about to go to others
  std::set<KafkaSlot> lost_;                     ///< of those, with others already
  std::unordered_map<std::int64_t, Held> held_;  ///< what is in hand, by its lease
  KafkaSlot last_;                               ///< that something was given from
  std::int64_t last_lease_ = 0;
  SteadyTime received_{};  ///< when receive() last ended
  bool receiving_ = false;
  bool part_ = false;  ///< what takes_part() said last
  bool full_ = false;  ///< what has_room() denied last
  bool unreachable_ = false;
  std::atomic<bool> interrupted_ = false;
  bool closing_ = false;
  std::unique_ptr<KafkaMember> member_;
};

}  // namespace msdemo::messaging
