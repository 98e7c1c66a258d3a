// What becomes of messages that nobody could handle, and of those that nobody needs any more.
#include <fmt/format.h>

#include <algorithm>

#include "broker/store.hpp"
#include "contracts/messages.hpp"
#include "messaging/message_rules.hpp"
#include "messaging/names.hpp"

namespace msdemo::broker {

using messaging::is_dead_topic;
using storage::Row;
using storage::Rows;
using storage::Transaction;

namespace {

/// How many rows one transaction of the sweep changes.
constexpr std::int64_t kSweepStep = 1000;

}  // namespace

/// Enters a dead letter and publishes its copy to `<topic>.dead`.
Result<void> BrokerStore::bury(Tx& tx, const Dying& dying, Effects& effects) const {
  const Result<Rows> total = tx.query("SELECT coalesce(sum(dead), 0) FROM subscriptions");
  if (!total) return fail(total.error());
  if (total->at(0).integer(0) >= limits_.dead_letters) {
    return fail(
        Code::topic_full,
        fmt::format("there are {} dead letters, as many as there may be", limits_.dead_letters),
        "redrive some of them, then try again");
  }
  const std::int64_t now = unix_nano(clock_.system_now());
  const auto entered = tx.query(
      "INSERT INTO dead_letters (grp, message_id, topic_id, attempts, reason, died_at)"
      " VALUES ($1, $2, $3, $4, $5, $6)",
      {dying.group, dying.message, dying.topic, dying.attempts, dying.reason, now});
  if (!entered) return fail(entered.error());
  const auto counted =
      tx.query("UPDATE subscriptions SET dead = dead + 1 WHERE grp = $1 AND topic_id = $2",
               {dying.group, dying.topic});
  if (!counted) return fail(counted.error());

  const Result<Rows> name = tx.query("SELECT name FROM topics WHERE id = $1", {dying.topic});
  if (!name) return fail(name.error());
  if (is_dead_topic(name->at(0).text(0))) return {};
  // Not limited: every topic may have its dead one.
  const std::string dead = name->at(0).text(0) + std::string(contracts::topics::kDeadSuffix);
  const auto topic = topic_id(tx, dead, false);
  if (!topic) return fail(topic.error());
  const auto copied = tx.query(
      "INSERT INTO messages (topic_id, key, body, published_at, reason)"
      " SELECT $1, key, body, $2, $3 FROM messages WHERE id = $4",
      {*topic, now, dying.reason, dying.message});
  if (!copied) return fail(copied.error());
  return grow(tx, *topic, dead, 1, effects);
}

Result<Effects> BrokerStore::redrive(std::int64_t id) {
  return database_.write(nullptr, "redrive", [&](Transaction& tx) -> Result<Effects> {
    const Result<Rows> letters = tx.query(
        "DELETE FROM dead_letters WHERE id = $1 RETURNING grp, message_id, topic_id", {id});
    if (!letters) return fail(letters.error());
    if (letters->empty()) {
      return fail(Code::dead_letter_not_found, fmt::format("there is no dead letter {}", id));
    }
    const Row& letter = letters->front();
    const auto waiting = tx.query(
        "INSERT INTO deliveries (grp, message_id, topic_id, lease, attempts, visible_at)"
        " VALUES ($1, $2, $3, 0, 0, 0)",
        {letter.integer(0), letter.integer(1), letter.integer(2)});
    if (!waiting) return fail(waiting.error());
    const auto counted =
        tx.query("UPDATE subscriptions SET dead = dead - 1 WHERE grp = $1 AND topic_id = $2",
                 {letter.integer(0), letter.integer(2)});
    if (!counted) return fail(counted.error());
    const Result<Rows> group =
        tx.query("SELECT name FROM groups WHERE id = $1", {letter.integer(0)});
    if (!group) return fail(group.error());
    Effects effects;
    effects.groups.insert(group->at(0).text(0));
    return effects;
  });
}

// ---- the sweep

Result<Effects> BrokerStore::sweep() {
  Effects effects;
  if (const auto done = sweep_exhausted(effects); !done) return fail(done.error());
  if (const auto done = sweep_unneeded(); !done) return fail(done.error());
  return effects;
}

Result<void> BrokerStore::sweep_exhausted(Effects& effects) {
  const auto topics = database_.read(nullptr, "sweep", [&](Transaction& tx) {
    return tx.query(
        "SELECT DISTINCT topic_id FROM deliveries WHERE visible_at <= $1 AND attempts >= $2",
        {now_ms(), limits_.max_attempts});
  });
  if (!topics) return fail(topics.error());
  for (const Row& row : *topics) {
    // Smaller and smaller steps fill what room for dead letters there is.
    for (std::int64_t step = kSweepStep; step > 0;) {
      const auto buried = bury_exhausted(row.integer(0), step, effects);
      if (!buried && buried.error().code != Code::topic_full) return fail(buried.error());
      if (buried && *buried < step) break;
      if (!buried) step /= 2;
    }
  }
  return {};
}

/// How many it made dead letters: up to `most`, or none if there is no room for all of these.
Result<std::int64_t> BrokerStore::bury_exhausted(std::int64_t topic, std::int64_t most,
                                                 Effects& effects) {
  struct Buried {
    std::int64_t count;
    Effects effects;
  };
  auto buried = database_.write(nullptr, "sweep", [&](Transaction& tx) -> Result<Buried> {
    const Result<Rows> exhausted = tx.query(
        "SELECT grp, message_id, attempts, lease FROM deliveries"
        " WHERE topic_id = $1 AND visible_at <= $2 AND attempts >= $3"
        " ORDER BY message_id, grp LIMIT $4",
        {topic, now_ms(), limits_.max_attempts, most});
    if (!exhausted) return fail(exhausted.error());
    Buried all{.count = static_cast<std::int64_t>(exhausted->size()), .effects = {}};
    for (const Row& row : *exhausted) {
      const auto left = tx.query("DELETE FROM deliveries WHERE grp = $1 AND message_id = $2",
                                 {row.integer(0), row.integer(1)});
      if (!left) return fail(left.error());
      const Dying dying{.group = row.integer(0),
                        .message = row.integer(1),
                        .topic = topic,
                        .attempts = row.integer(2),
                        // A retry has given its lease back; a consumer that died could not.
                        .reason = messaging::exhausted_reason(row.integer(2), row.integer(3) == 0)};
      if (const auto done = bury(tx, dying, all.effects); !done) return fail(done.error());
    }
    return all;
  });
  if (!buried) return fail(buried.error());
  effects.groups.merge(buried->effects.groups);
  for (const auto& [name, count] : buried->effects.published) effects.published[name] += count;
  return buried->count;
}

Result<void> BrokerStore::sweep_unneeded() {
  const auto topics = database_.read(nullptr, "sweep", [&](Transaction& tx) {
    return tx.query("SELECT id FROM topics WHERE messages > $1", {limits_.topic_retained});
  });
  if (!topics) return fail(topics.error());
  for (const Row& row : *topics) {
    const std::int64_t topic = row.integer(0);
    // The look beside the writer passes what dead letters hold at the topic's beginning.
    Result<Rows> ids = database_.read(nullptr, "sweep",
                                      [&](Transaction& tx) { return unneeded(tx, topic, 0, 1); });
    if (!ids) return fail(ids.error());
    while (!ids->empty()) {
      const std::int64_t from = ids->back().integer(0);
      ids = database_.write(
          nullptr, "sweep", [&](Transaction& tx) { return trim(tx, topic, from); },
          storage::Sync::later);
      if (!ids) return fail(ids.error());
      if (static_cast<std::int64_t>(ids->size()) < kSweepStep) break;
    }
  }
  return {};
}

/// Ids of messages that every group has been given, that are neither under way nor dead, and that
/// are not among the newest.
Result<Rows> BrokerStore::unneeded(Tx& tx, std::int64_t topic, std::int64_t from,
                                   std::int64_t most) const {
  return tx.query(
      "SELECT m.id FROM messages m WHERE m.topic_id = $1 AND m.id >= $2"
      " AND m.id <= (SELECT id FROM messages WHERE topic_id = $1"
      "              ORDER BY id DESC LIMIT 1 OFFSET $3)"
      " AND m.id <= coalesce((SELECT min(cursor) FROM subscriptions WHERE topic_id = $1), m.id)"
      " AND NOT EXISTS (SELECT 1 FROM subscriptions s JOIN deliveries d"
      "                 ON d.grp = s.grp AND d.message_id = m.id WHERE s.topic_id = $1)"
      " AND NOT EXISTS (SELECT 1 FROM dead_letters l WHERE l.message_id = m.id)"
      " ORDER BY m.id LIMIT $4",
      {topic, from, limits_.topic_retained, most});
}

/// Deletes some that are unneeded, and returns their ids.
Result<Rows> BrokerStore::trim(Tx& tx, std::int64_t topic, std::int64_t from) const {
  Result<Rows> ids = unneeded(tx, topic, from, kSweepStep);
  if (!ids) return ids;
  for (const Row& row : *ids) {
    const auto gone = tx.query("DELETE FROM messages WHERE id = $1", {row.integer(0)});
    if (!gone) return fail(gone.error());
  }
  const auto counted = tx.query("UPDATE topics SET messages = messages - $2 WHERE id = $1",
                                {topic, static_cast<std::int64_t>(ids->size())});
  if (!counted) return fail(counted.error());
  return ids;
}

}  // namespace msdemo::broker
