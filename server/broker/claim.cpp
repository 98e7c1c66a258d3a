// How messages are given out and settled: the part of the store that is run for every message.
#include <fmt/format.h>

#include <algorithm>

#include "broker/store.hpp"
#include "messaging/planted_bugs.hpp"

namespace msdemo::broker {

using messaging::Delivery;
using storage::Row;
using storage::Rows;
using storage::Transaction;
using storage::Value;

namespace {

Result<std::int64_t> find_group(Transaction& tx, const std::string& name) {
  const Result<Rows> rows = tx.query("SELECT id FROM groups WHERE name = $1", {name});
  if (!rows) return fail(rows.error());
  if (rows->empty()) return fail(Code::group_not_found, fmt::format("there is no group {}", name));
  return rows->front().integer(0);
}

/// Reads a message into `delivery`; the topic's name is known already.
Result<void> read_message(Transaction& tx, Delivery& delivery) {
  const Result<Rows> rows =
      tx.query("SELECT key, body, published_at, coalesce(reason, '') FROM messages WHERE id = $1",
               {delivery.id});
  if (!rows) return fail(rows.error());
  const Row& row = rows->at(0);
  delivery.message.key = row.text(0);
  delivery.message.body = row.text(1);
  delivery.published_unix_nano = row.integer(2);
  delivery.reason = row.text(3);
  return {};
}

}  // namespace

/// A group's topics, and how much more one claim may hold.
struct BrokerStore::Subscribed {
  struct Topic {
    std::int64_t id;
    std::string name;
    std::int64_t cursor;
    bool has_new;
    std::int64_t received = 0;     ///< by this claim
    std::int64_t redelivered = 0;  ///< by this claim
  };

  Topic& topic(std::int64_t id) {
    return *std::find_if(topics.begin(), topics.end(), [&](const Topic& t) { return t.id == id; });
  }

  /// Reads the message, and tells whether it still belongs to the claim; the first always does.
  Result<bool> read(Transaction& tx, Delivery& delivery, Claim& claim) {
    if (auto done = read_message(tx, delivery); !done) return fail(std::move(done.error()));
    const std::size_t size = delivery.message.body.size();
    if (!claim.deliveries.empty() && bytes + size > limits::kBatchBytes) {
      claim.more = true;
      return false;
    }
    bytes += size;
    return true;
  }

  std::int64_t group;
  std::size_t max;
  std::int64_t lease;
  std::int64_t now;
  std::size_t bytes = 0;
  std::vector<Topic> topics{};
};

Result<Claim> BrokerStore::claim(const std::string& group, std::size_t max) {
  std::int64_t id = 0;
  auto seen = database_.read(nullptr, "claim", [&](Transaction& tx) -> Result<Claim> {
    const auto found = find_group(tx, group);
    if (!found) return fail(found.error());
    id = *found;
    return look(tx, id);
  });
  if (!seen || !seen->more) return seen;
  return database_.write(
      nullptr, "claim", [&](Transaction& tx) { return claim_now(tx, id, max); },
      storage::Sync::later);
}

/// Only looks: `more` tells whether a claim would give something, else `next_due` when it might.
Result<Claim> BrokerStore::look(Tx& tx, std::int64_t group) const {
  const Result<Rows> fresh = tx.query(
      "SELECT 1 FROM subscriptions s JOIN topics t ON t.id = s.topic_id"
      " WHERE s.grp = $1 AND s.received < t.published LIMIT 1",
      {group});
  if (!fresh) return fail(fresh.error());
  if (!fresh->empty()) return Claim{.deliveries = {}, .more = true};
  const Result<Rows> due = tx.query(
      "SELECT visible_at FROM deliveries WHERE grp = $1 AND attempts < $2"
      " ORDER BY visible_at LIMIT 1",
      {group, limits_.max_attempts});
  if (!due) return fail(due.error());
  if (due->empty()) return Claim{};
  const std::int64_t wait = due->front().integer(0) - now_ms();
  if (wait <= 0) return Claim{.deliveries = {}, .more = true};
  return Claim{.deliveries = {}, .next_due = std::chrono::milliseconds(wait)};
}

Result<Claim> BrokerStore::claim_now(Tx& tx, std::int64_t group, std::size_t max) {
  // One token for the whole claim: a message is never in two claims at once.
  Subscribed subscribed{.group = group, .max = max, .lease = ++last_lease_, .now = now_ms()};
  const Result<Rows> topics = tx.query(
      "SELECT t.id, t.name, s.cursor, s.received < t.published FROM subscriptions s"
      " JOIN topics t ON t.id = s.topic_id WHERE s.grp = $1",
      {group});
  if (!topics) return fail(topics.error());
  for (const Row& row : *topics) {
    subscribed.topics.push_back({row.integer(0), row.text(1), row.integer(2), row.integer(3) != 0});
  }
  Claim claim;
  claim.deliveries.reserve(std::min(max, limits::kBatchMessages));
  if (auto done = claim_due(tx, subscribed, claim); !done) return fail(done.error());
  if (auto done = claim_new(tx, subscribed, claim); !done) return fail(done.error());
  for (const Subscribed::Topic& topic : subscribed.topics) {
    if (topic.received == 0 && topic.redelivered == 0) continue;
    const auto moved = tx.query(
        "UPDATE subscriptions SET cursor = $3, received = received + $4,"
        " redelivered = redelivered + $5 WHERE grp = $1 AND topic_id = $2",
        {group, topic.id, topic.cursor, topic.received, topic.redelivered});
    if (!moved) return fail(moved.error());
  }
  claim.more = claim.more || claim.deliveries.size() == max;
  return claim;
}

Result<void> BrokerStore::claim_due(Tx& tx, Subscribed& subscribed, Claim& claim) {
  const Result<Rows> due = tx.query(
      "SELECT message_id, topic_id, attempts FROM deliveries"
      " WHERE grp = $1 AND visible_at <= $2 AND attempts < $3"
      " ORDER BY visible_at, message_id LIMIT $4",
      {subscribed.group, subscribed.now, limits_.max_attempts,
       static_cast<std::int64_t>(subscribed.max)});
  if (!due) return fail(due.error());
  for (const Row& row : *due) {
    Subscribed::Topic& topic = subscribed.topic(row.integer(1));
    Delivery delivery{.id = row.integer(0),
                      .lease = subscribed.lease,
                      .attempt = static_cast<int>(row.integer(2)) + 1,
                      .message = {.topic = topic.name, .key = {}, .body = {}},
                      .reason = {}};
    const auto belongs = subscribed.read(tx, delivery, claim);
    if (!belongs) return fail(belongs.error());
    if (!*belongs) return {};
    const auto leased = tx.query(
        "UPDATE deliveries SET lease = $3, attempts = attempts + 1, visible_at = $4"
        " WHERE grp = $1 AND message_id = $2",
        {subscribed.group, delivery.id, delivery.lease, subscribed.now + limits_.lease.count()});
    if (!leased) return fail(leased.error());
    ++topic.redelivered;
    claim.deliveries.push_back(std::move(delivery));
  }
  return {};
}

Result<void> BrokerStore::claim_new(Tx& tx, Subscribed& subscribed, Claim& claim) {
  const std::size_t room = subscribed.max - claim.deliveries.size();
  std::vector<std::pair<std::int64_t, Subscribed::Topic*>> candidates;
  for (Subscribed::Topic& topic : subscribed.topics) {
    if (!topic.has_new || room == 0) continue;
    const Result<Rows> ids =
        tx.query("SELECT id FROM messages WHERE topic_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                 {topic.id, topic.cursor, static_cast<std::int64_t>(room)});
    if (!ids) return fail(ids.error());
    for (const Row& row : *ids) candidates.emplace_back(row.integer(0), &topic);
  }
  std::sort(candidates.begin(), candidates.end());
  if (candidates.size() > room) candidates.resize(room);
  for (const auto& [id, topic] : candidates) {
    Delivery delivery{.id = id,
                      .lease = subscribed.lease,
                      .message = {.topic = topic->name, .key = {}, .body = {}},
                      .reason = {}};
    const auto belongs = subscribed.read(tx, delivery, claim);
    if (!belongs) return fail(belongs.error());
    if (!*belongs) return {};
    const auto leased = tx.query(
        "INSERT INTO deliveries (grp, message_id, topic_id, lease, attempts, visible_at)"
        " VALUES ($1, $2, $3, $4, 1, $5)",
        {subscribed.group, id, topic->id, delivery.lease, subscribed.now + limits_.lease.count()});
    if (!leased) return fail(leased.error());
    topic->cursor = id;
    ++topic->received;
    claim.deliveries.push_back(std::move(delivery));
  }
  return {};
}

// ---- settling

/// Runs `one(tx, group, delivery, effects)` on each delivery; it tells whether the lease held.
template <class Settle>
Result<Effects> BrokerStore::settle(const std::string& group, std::span<const Held> deliveries,
                                    const char* name, storage::Sync sync, Settle&& one) {
  const auto settle_all = [&](Transaction& tx) -> Result<Effects> {
    const auto id = find_group(tx, group);
    if (!id) return fail(id.error());
    Effects effects;
    for (Held held : deliveries) {
      if (messaging::planted("no-fencing")) {
        const auto rows = tx.query(
            "SELECT lease FROM deliveries WHERE grp = $1 AND message_id = $2", {*id, held.id});
        if (rows && !rows->empty()) held.lease = rows->front().integer(0);
      }
      const Result<bool> settled = one(tx, *id, held, effects);
      if (!settled) return fail(settled.error());
      if (!*settled) effects.stale.push_back(held.id);
    }
    return effects;
  };
  return database_.write(nullptr, name, settle_all, sync);
}

Result<Effects> BrokerStore::ack(const std::string& group, std::span<const Held> deliveries) {
  return settle(group, deliveries, "ack", storage::Sync::later,
                [&](Tx& tx, std::int64_t id, const Held& held, Effects& effects) -> Result<bool> {
                  const Result<Rows> rows = tx.query(
                      "DELETE FROM deliveries WHERE grp = $1 AND message_id = $2 AND lease = $3"
                      " RETURNING (SELECT name FROM topics WHERE id = topic_id)",
                      {id, held.id, held.lease});
                  if (!rows) return fail(rows.error());
                  if (rows->empty()) return false;
                  ++effects.acked[rows->front().text(0)];
                  return true;
                });
}

Result<Effects> BrokerStore::extend(const std::string& group, std::span<const Held> deliveries) {
  const std::int64_t until = now_ms() + limits_.lease.count();
  return settle(group, deliveries, "extend", storage::Sync::later,
                [&](Tx& tx, std::int64_t id, const Held& held, Effects&) -> Result<bool> {
                  const Result<Rows> rows = tx.query(
                      "UPDATE deliveries SET visible_at = $4"
                      " WHERE grp = $1 AND message_id = $2 AND lease = $3 RETURNING 1",
                      {id, held.id, held.lease, until});
                  if (!rows) return fail(rows.error());
                  return !rows->empty();
                });
}

Result<Effects> BrokerStore::retry_later(const std::string& group, std::span<const Held> deliveries,
                                         std::chrono::milliseconds delay) {
  const std::int64_t due = now_ms() + delay.count();
  return settle(group, deliveries, "retry", storage::Sync::later,
                [&](Tx& tx, std::int64_t id, const Held& held, Effects& effects) -> Result<bool> {
                  // Lease 0 is nobody's: the delivery waits.
                  const Result<Rows> rows = tx.query(
                      "UPDATE deliveries SET lease = 0, visible_at = $4"
                      " WHERE grp = $1 AND message_id = $2 AND lease = $3 RETURNING 1",
                      {id, held.id, held.lease, due});
                  if (!rows) return fail(rows.error());
                  if (!rows->empty()) effects.groups.insert(group);
                  return !rows->empty();
                });
}

Result<Effects> BrokerStore::dead_letter(const std::string& group, std::span<const Held> deliveries,
                                         const std::string& reason) {
  return settle(group, deliveries, "dead", storage::Sync::now,
                [&](Tx& tx, std::int64_t id, const Held& held, Effects& effects) -> Result<bool> {
                  const Result<Rows> rows = tx.query(
                      "DELETE FROM deliveries WHERE grp = $1 AND message_id = $2 AND lease = $3"
                      " RETURNING topic_id, attempts",
                      {id, held.id, held.lease});
                  if (!rows) return fail(rows.error());
                  if (rows->empty()) return false;
                  const Dying dying{.group = id,
                                    .message = held.id,
                                    .topic = rows->front().integer(0),
                                    .attempts = rows->front().integer(1),
                                    .reason = reason};
                  if (const auto buried = bury(tx, dying, effects); !buried)
                    return fail(buried.error());
                  return true;
                });
}

}  // namespace msdemo::broker
