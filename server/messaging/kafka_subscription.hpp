// One consumer of a group at Kafka: what its member of the group fetches, who has been given what,
// and what is settled.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "messaging/broker.hpp"
#include "messaging/kafka_hand.hpp"
#include "messaging/kafka_member.hpp"
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
  /// What becomes of a delivery that is settled; nothing if its lease has ended.
  using Settlement = std::function<std::optional<KafkaSlot>(const Delivery&, const Moment&)>;

  KafkaSubscription(std::shared_ptr<KafkaSender> sender, std::string group);

  bool takes_part() override;
  bool has_room(bool paused) override;
  void assigned(const std::vector<KafkaCommit>& partitions) override;
  void revoked(const std::vector<KafkaSlot>& partitions) override;
  void fetched(const std::vector<KafkaMessage>& records) override;
  void unreachable() override;

  void await(SteadyTime deadline);
  Result<std::vector<Delivery>> nothing_came();
  Result<KafkaHand::Given> give_out(std::size_t max);
  Result<void> settle(std::span<const Delivery> deliveries, const Settlement& how);
  Result<void> commit_settled();
  Result<void> try_to_commit_settled();

  const std::shared_ptr<KafkaSender> sender_;
  const std::string group_;
  // Whoever needs several of the mutexes takes them in this order.
  std::mutex settle_mutex_;          ///< for settle(): one at a time
  std::mutex commit_mutex_;          ///< what is committed last is what was last
  std::mutex mutex_;                 ///< guards all below but the member
  std::condition_variable changed_;  ///< for receive(): there may be something to give
  std::condition_variable room_;     ///< for has_room()
  std::condition_variable settled_;  ///< for revoked() and commit()
  KafkaHand hand_;
  std::set<KafkaSlot> uncommitted_;  ///< those in which settle() has just settled something
  std::set<KafkaSlot> gone_;         ///< of these, before it was committed
  SteadyTime received_{};            ///< when receive() last ended
  std::size_t max_ = 0;              ///< of that one
  bool receiving_ = false;
  bool part_ = false;  ///< what takes_part() said last
  bool full_ = false;  ///< what has_room() denied last
  bool unreachable_ = false;
  std::atomic<bool> interrupted_ = false;
  bool closing_ = false;
  std::unique_ptr<KafkaMember> member_;
};

}  // namespace msdemo::messaging
