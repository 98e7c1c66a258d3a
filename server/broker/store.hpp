// The broker's rows: a log of messages for each topic, and for each group how far it has come.
// Every SQL statement about messages is here. SQLite only: other engines are brokers of their own.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "contracts/page.hpp"
#include "messaging/broker.hpp"
#include "messaging/queue_inspector.hpp"
#include "storage/database.hpp"

namespace msdemo::broker {

/// The service's schema, step by step.
std::span<const storage::Migration> migrations();

/// Those limits that a test wants to reach.
struct BrokerLimits {
  std::int64_t topics = limits::kTopics;
  std::int64_t groups = limits::kGroups;
  std::int64_t topic_messages = limits::kTopicMessages;
  std::int64_t topic_retained = limits::kTopicRetained;
  std::int64_t dead_letters = limits::kDeadLetters;
  std::int64_t max_attempts = limits::kMaxAttempts;
  std::chrono::milliseconds lease = limits::kLease;
};

/// What a consumer names a delivery by.
struct Held {
  std::int64_t id;
  std::int64_t lease;
};

/// What a change did, for whoever waits and whoever counts.
struct Effects {
  std::set<std::string> groups;                   ///< that may have something to receive now
  std::map<std::string, std::int64_t> published;  ///< messages by topic
  std::map<std::string, std::int64_t> acked;      ///< deliveries by topic
  std::vector<std::int64_t> stale;                ///< ids of deliveries whose lease had ended
};

struct Claim {
  std::vector<messaging::Delivery> deliveries;
  bool more = false;                                    ///< there may be more right now
  std::optional<std::chrono::milliseconds> next_due{};  ///< from now; when nothing was claimed
};

/// Thread-safe, as its database is. What is published is durable when publish() returns; what is
/// given out and settled survives a killed process, but a power cut may undo the last of it, and
/// messages come again.
class BrokerStore {
 public:
  /// Releases every lease: their holders may be gone, and the steady clock may have started anew.
  /// `database` has migrations() applied; it and `clock` must outlive the store.
  static Result<std::unique_ptr<BrokerStore>> open(storage::Database& database, const Clock& clock,
                                                   const BrokerLimits& limits = {});

  /// All or none; the names and sizes have been checked. Fails with topic_full, invalid_field
  /// (there can be no more topics), storage_full, overloaded.
  Result<Effects> publish(std::vector<messaging::Message> batch);

  /// Adds `patterns`, which have been checked, to those of `group`. Fails with invalid_field when
  /// there can be no more groups, topics or patterns.
  Result<Effects> subscribe(const std::string& group, std::span<const std::string> patterns);

  /// Gives out what is due again, then what is new, in order of publishing: up to `max` messages
  /// and limits::kBatchBytes of bodies. Each time counts as an attempt, also if nobody hears of it:
  /// a consumer that keeps dying must come to an end. Fails with group_not_found.
  Result<Claim> claim(const std::string& group, std::size_t max);

  /// These settle what is still held by its lease and report the others in Effects::stale. They
  /// fail with group_not_found; dead_letter() with topic_full, too, and then changes nothing.
  Result<Effects> ack(const std::string& group, std::span<const Held> deliveries);
  Result<Effects> extend(const std::string& group, std::span<const Held> deliveries);
  Result<Effects> retry_later(const std::string& group, std::span<const Held> deliveries,
                              std::chrono::milliseconds delay);
  Result<Effects> dead_letter(const std::string& group, std::span<const Held> deliveries,
                              const std::string& reason);

  /// Housekeeping, to be done about once a second: deliveries without attempts left become dead
  /// letters, and messages that no group needs any more make room. In steps, so that other writes
  /// get their turn.
  Result<Effects> sweep();

  /// The rates are left 0: rows do not know them.
  Result<std::vector<messaging::QueueState>> queues();
  Result<std::vector<messaging::PeekedMessage>> peek(const std::string& topic, std::size_t limit);
  Result<contracts::Page<messaging::DeadLetter>> dead_letters(const std::string& topic,
                                                              const contracts::PageRequest& page);
  Result<messaging::DeadLetter> find_dead_letter(std::int64_t id);
  Result<Effects> redrive(std::int64_t id);

 private:
  struct Subscribed;
  using Tx = storage::Transaction;

  BrokerStore(storage::Database& database, const Clock& clock, const BrokerLimits& limits,
              std::int64_t epoch);

  std::int64_t now_ms() const;

  // store.cpp
  Result<std::int64_t> topic_id(Tx& tx, const std::string& name, bool limited) const;
  Result<std::int64_t> add_topic(Tx& tx, const std::string& name, bool limited) const;
  Result<std::int64_t> add_group(Tx& tx, const std::string& name) const;
  Result<void> add_pattern(Tx& tx, std::int64_t group, const std::string& pattern) const;
  Result<void> grow(Tx& tx, std::int64_t topic, const std::string& name, std::int64_t by,
                    Effects& effects) const;

  // claim.cpp
  Result<Claim> look(Tx& tx, std::int64_t group) const;
  Result<Claim> claim_now(Tx& tx, std::int64_t group, std::size_t max);
  Result<void> claim_due(Tx& tx, Subscribed& subscribed, Claim& claim);
  Result<void> claim_new(Tx& tx, Subscribed& subscribed, Claim& claim);
  template <class Settle>
  Result<Effects> settle(const std::string& group, std::span<const Held> deliveries,
                         const char* name, storage::Sync sync, Settle&& one);

  // retention.cpp
  /// A delivery that has left its table and becomes a dead letter.
  struct Dying {
    std::int64_t group;
    std::int64_t message;
    std::int64_t topic;
    std::int64_t attempts;
    std::string reason;
  };
  Result<void> bury(Tx& tx, const Dying& dying, Effects& effects) const;
  Result<std::int64_t> bury_exhausted(std::int64_t topic, std::int64_t most, Effects& effects);
  Result<void> sweep_exhausted(Effects& effects);
  Result<void> sweep_unneeded();
  Result<storage::Rows> unneeded(Tx& tx, std::int64_t topic, std::int64_t from,
                                 std::int64_t most) const;
  Result<storage::Rows> trim(Tx& tx, std::int64_t topic, std::int64_t from) const;

  storage::Database& database_;
  const Clock& clock_;
  const BrokerLimits limits_;
  const SteadyTime opened_;
  std::atomic<std::int64_t> last_lease_;  ///< (epoch << 32) + claims since the store was opened
};

}  // namespace msdemo::broker
