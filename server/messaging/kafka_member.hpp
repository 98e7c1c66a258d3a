// A member of a consumer group: its connection, and the thread that keeps it a member while others
// work. Whose messages they are and what is settled is its owner's business.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "messaging/kafka_client.hpp"
#include "messaging/kafka_hand.hpp"

namespace msdemo::messaging {

class KafkaMember {
 public:
  /// Called by the member's thread; all but revoked() return soon.
  class Owner {
   public:
    virtual ~Owner() = default;

    /// Whether to be in the group now; asked again after wake().
    virtual bool takes_part() = 0;

    /// Whether more messages may be fetched; asked again after wake(). Unless it is `paused`, waits
    /// a moment before it says no.
    virtual bool has_room(bool paused) = 0;

    virtual void assigned(const std::vector<KafkaCommit>& partitions) = 0;

    /// The partitions go to others when it returns, unless the member has lost() them already.
    virtual void revoked(const std::vector<KafkaSlot>& partitions) = 0;

    virtual void fetched(const std::vector<KafkaMessage>& records) = 0;

    /// No broker can be reached. It tries on.
    virtual void unreachable() = 0;
  };

  struct Options {
    std::string servers;
    std::string group;
    std::vector<std::string> topics;  ///< a regular expression begins with ^
    std::chrono::milliseconds call;
  };

  /// Nothing is called before start(). `owner` must outlive the member.
  static Result<std::unique_ptr<KafkaMember>> open(Options options, Owner& owner);
  KafkaMember(const KafkaMember&) = delete;
  KafkaMember& operator=(const KafkaMember&) = delete;

  /// close() comes first.
  ~KafkaMember() = default;

  void start();

  /// Leaves the group; the owner is asked for its partitions as always. Nothing is called later.
  void close();

  void wake() { rd_kafka_queue_yield(queue_.get()); }

  /// Returns when the broker has it. Fails with overloaded while the group is changing, and when it
  /// went on without this member. Not by two threads at once.
  Result<void> commit(std::span<const KafkaCommit> commits);

  /// The same without waiting; calls keep their order.
  void commit_later(std::span<const KafkaCommit> commits);

  /// Whether the group went on without this member; until its partitions were revoked.
  bool lost() const { return rd_kafka_assignment_lost(client_.get()) != 0; }

  /// Whether a broker answers.
  Result<void> ask() const;

 private:
  KafkaMember(Options options, Owner& owner);
  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* partitions, void* member);
  static void on_error(rd_kafka_t*, int code, const char* reason, void* member);
  void run();
  void join_or_leave();
  void pause_or_resume();
  void poll(int wait);
  void await_first_assignment();
  void assign(rd_kafka_topic_partition_list_t* partitions);
  void unassign(rd_kafka_topic_partition_list_t* partitions);

  const Options options_;
  Owner& owner_;
  KafkaHandle client_;
  KafkaQueue queue_;
  std::vector<KafkaMessage> polled_;  ///< by the member's thread, and not yet with the owner
  bool joined_ = false;               ///< known to the member's thread only, as is the next
  bool paused_ = false;
  bool rebalanced_ = false;  ///< as is this one, until it has ended
  bool ever_joined_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace msdemo::messaging
