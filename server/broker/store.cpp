#include "broker/store.hpp"

#include <fmt/format.h>

#include <array>

#include "contracts/fields.hpp"
#include "messaging/names.hpp"

namespace msdemo::broker {

namespace {

using messaging::has_wildcard;
using messaging::matches;
using storage::Row;
using storage::Rows;
using storage::Transaction;
using storage::Value;

// A message is one row, however many groups there are: a group is a cursor into each of its topics
// and a row for each delivery under way. What a group has not been given yet is counted without
// looking at it: `published` of the topic less `received` of the group. Messages go only after
// every group has received them, so that the difference stays right.
constexpr std::array<storage::Migration, 1> kMigrations = {{
    {1, R"(
      CREATE TABLE broker (epoch INTEGER NOT NULL) STRICT;
      INSERT INTO broker VALUES (0);
      CREATE TABLE topics (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        published INTEGER NOT NULL DEFAULT 0,
        messages INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        topic_id INTEGER NOT NULL,
        key TEXT NOT NULL,
        body TEXT NOT NULL,
        published_at INTEGER NOT NULL,
        reason TEXT
      ) STRICT;
      CREATE INDEX messages_topic ON messages (topic_id);
      CREATE TABLE groups (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE patterns (
        grp INTEGER NOT NULL,
        pattern TEXT NOT NULL,
        PRIMARY KEY (grp, pattern)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE subscriptions (
        grp INTEGER NOT NULL,
        topic_id INTEGER NOT NULL,
        cursor INTEGER NOT NULL DEFAULT 0,
        received INTEGER NOT NULL,
        redelivered INTEGER NOT NULL DEFAULT 0,
        dead INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (grp, topic_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX subscriptions_topic ON subscriptions (topic_id);
      CREATE TABLE deliveries (
        grp INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        topic_id INTEGER NOT NULL,
        lease INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        PRIMARY KEY (grp, message_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX deliveries_due ON deliveries (grp, visible_at);
      CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        grp INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        topic_id INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        reason TEXT NOT NULL,
        died_at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX dead_letters_message ON dead_letters (message_id);
      CREATE INDEX dead_letters_topic ON dead_letters (topic_id))"},
}};

/// A group starts with what the topic still has, so the rest counts as received.
constexpr std::string_view kJoin =
    "INSERT INTO subscriptions (grp, topic_id, received)"
    " SELECT $1, id, published - messages FROM topics WHERE id = $2 ON CONFLICT DO NOTHING";

}  // namespace

std::span<const storage::Migration> migrations() {
  return kMigrations;
}

Result<std::unique_ptr<BrokerStore>> BrokerStore::open(storage::Database& database,
                                                       const Clock& clock,
                                                       const BrokerLimits& limits) {
  const auto epoch = database.write(nullptr, "open", [](Transaction& tx) -> Result<std::int64_t> {
    const Result<Rows> rows = tx.query("UPDATE broker SET epoch = epoch + 1 RETURNING epoch");
    if (!rows) return fail(rows.error());
    const auto released = tx.query("UPDATE deliveries SET visible_at = 0 WHERE visible_at <> 0");
    if (!released) return fail(released.error());
    return rows->at(0).integer(0);
  });
  if (!epoch) return fail(epoch.error());
  return std::unique_ptr<BrokerStore>(new BrokerStore(database, clock, limits, *epoch));
}

BrokerStore::BrokerStore(storage::Database& database, const Clock& clock,
                         const BrokerLimits& limits, std::int64_t epoch)
    : database_(database),
      clock_(clock),
      limits_(limits),
      opened_(clock.steady_now()),
      last_lease_(epoch << 32) {}

/// Of the steady clock, which nobody can set back.
std::int64_t BrokerStore::now_ms() const {
  return std::chrono::floor<std::chrono::milliseconds>(clock_.steady_now() - opened_).count();
}

// ---- topics and groups

Result<std::int64_t> BrokerStore::topic_id(Tx& tx, const std::string& name, bool limited) const {
  const Result<Rows> rows = tx.query("SELECT id FROM topics WHERE name = $1", {name});
  if (!rows) return fail(rows.error());
  if (!rows->empty()) return rows->front().integer(0);
  return add_topic(tx, name, limited);
}

/// A new topic, which every group with a pattern for it joins.
Result<std::int64_t> BrokerStore::add_topic(Tx& tx, const std::string& name, bool limited) const {
  const Result<Rows> count = tx.query("SELECT count(*) FROM topics");
  if (!count) return fail(count.error());
  if (limited && count->at(0).integer(0) >= limits_.topics) {
    return contracts::invalid(
        "topic", fmt::format("one of the {} that there are: there can be no more", limits_.topics));
  }
  const auto added = tx.insert("INSERT INTO topics (name) VALUES ($1)", {name});
  if (!added) return fail(added.error());
  const std::int64_t topic = added->value();
  const Result<Rows> patterns = tx.query("SELECT grp, pattern FROM patterns");
  if (!patterns) return fail(patterns.error());
  for (const Row& row : *patterns) {
    if (!matches(row.text(1), name)) continue;
    if (const auto joined = tx.query(kJoin, {row.integer(0), topic}); !joined) {
      return fail(joined.error());
    }
  }
  return topic;
}

Result<std::int64_t> BrokerStore::add_group(Tx& tx, const std::string& name) const {
  const Result<Rows> known = tx.query("SELECT id FROM groups WHERE name = $1", {name});
  if (!known) return fail(known.error());
  if (!known->empty()) return known->front().integer(0);
  const Result<Rows> count = tx.query("SELECT count(*) FROM groups");
  if (!count) return fail(count.error());
  if (count->at(0).integer(0) >= limits_.groups) {
    return contracts::invalid(
        "group", fmt::format("one of the {} that there are: there can be no more", limits_.groups));
  }
  const auto added = tx.insert("INSERT INTO groups (name) VALUES ($1)", {name});
  if (!added) return fail(added.error());
  return added->value();
}

Result<void> BrokerStore::add_pattern(Tx& tx, std::int64_t group,
                                      const std::string& pattern) const {
  if (!has_wildcard(pattern)) {
    if (const auto topic = topic_id(tx, pattern, true); !topic) return fail(topic.error());
  }
  const Result<Rows> added = tx.query(
      "INSERT INTO patterns (grp, pattern) VALUES ($1, $2) ON CONFLICT DO NOTHING"
      " RETURNING 1",
      {group, pattern});
  if (!added) return fail(added.error());
  const Result<Rows> count = tx.query("SELECT count(*) FROM patterns WHERE grp = $1", {group});
  if (!count) return fail(count.error());
  if (count->at(0).integer(0) > limits_.topics) {
    return contracts::invalid("topics", fmt::format("at most {} for one group", limits_.topics));
  }
  const Result<Rows> topics = tx.query("SELECT id, name FROM topics");
  if (!topics) return fail(topics.error());
  for (const Row& row : *topics) {
    if (!matches(pattern, row.text(1))) continue;
    if (const auto joined = tx.query(kJoin, {group, row.integer(0)}); !joined) {
      return fail(joined.error());
    }
  }
  return {};
}

Result<Effects> BrokerStore::subscribe(const std::string& group,
                                       std::span<const std::string> patterns) {
  return database_.write(nullptr, "subscribe", [&](Transaction& tx) -> Result<Effects> {
    const auto id = add_group(tx, group);
    if (!id) return fail(id.error());
    for (const std::string& pattern : patterns) {
      if (const auto added = add_pattern(tx, *id, pattern); !added) return fail(added.error());
    }
    Effects effects;
    effects.groups.insert(group);
    return effects;
  });
}

// ---- publishing

/// Counts `by` new messages of a topic, and whom they reach. A topic is full when so many messages
/// are still needed, not when the sweep has yet to come.
Result<void> BrokerStore::grow(Tx& tx, std::int64_t topic, const std::string& name, std::int64_t by,
                               Effects& effects) const {
  const Result<Rows> rows = tx.query(
      "UPDATE topics SET published = published + $2, messages = messages + $2"
      " WHERE id = $1 RETURNING messages",
      {topic, by});
  if (!rows) return fail(rows.error());
  std::int64_t messages = rows->at(0).integer(0);
  if (messages > limits_.topic_messages) {
    const auto trimmed = trim(tx, topic, 0);
    if (!trimmed) return fail(trimmed.error());
    messages -= static_cast<std::int64_t>(trimmed->size());
  }
  if (messages > limits_.topic_messages) {
    return fail(Code::topic_full,
                fmt::format("topic {} has no room: it holds up to {} messages that somebody needs",
                            name, limits_.topic_messages),
                "let its consumers catch up, then try again");
  }
  const Result<Rows> groups = tx.query(
      "SELECT g.name FROM subscriptions s JOIN groups g ON g.id = s.grp"
      " WHERE s.topic_id = $1",
      {topic});
  if (!groups) return fail(groups.error());
  for (const Row& row : *groups) effects.groups.insert(row.text(0));
  effects.published[name] += by;
  return {};
}

Result<Effects> BrokerStore::publish(std::vector<messaging::Message> batch) {
  const std::int64_t now = unix_nano(clock_.system_now());
  std::vector<std::array<Value, 4>> rows;
  rows.reserve(batch.size());
  for (messaging::Message& message : batch) {
    rows.push_back({Value(), std::move(message.key), std::move(message.body), now});
  }
  struct Target {
    std::int64_t id;
    std::int64_t added = 0;
  };
  return database_.write(nullptr, "publish", [&](Transaction& tx) -> Result<Effects> {
    std::map<std::string_view, Target> targets;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string& topic = batch[i].topic;
      auto target = targets.find(topic);
      if (target == targets.end()) {
        const auto id = topic_id(tx, topic, true);
        if (!id) return fail(id.error());
        target = targets.emplace(topic, Target{*id}).first;
      }
      rows[i][0] = target->second.id;
      ++target->second.added;
      const auto inserted = tx.query(
          "INSERT INTO messages (topic_id, key, body, published_at) VALUES ($1, $2, $3, $4)",
          std::span<const Value>(rows[i]));
      if (!inserted) return fail(inserted.error());
    }
    Effects effects;
    for (const auto& [topic, target] : targets) {
      const auto grown = grow(tx, target.id, std::string(topic), target.added, effects);
      if (!grown) return fail(grown.error());
    }
    return effects;
  });
}

}  // namespace msdemo::broker
