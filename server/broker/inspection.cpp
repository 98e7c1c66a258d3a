// Looking into the broker's rows, for people: reads only, beside the writer.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "broker/store.hpp"

namespace msdemo::broker {

using contracts::Page;
using messaging::DeadLetter;
using messaging::PeekedMessage;
using messaging::QueueState;
using storage::Row;
using storage::Rows;
using storage::Transaction;

namespace {

std::string text_of_time(std::int64_t unix_nano) {
  return format_rfc3339(SystemTime(
      std::chrono::duration_cast<SystemTime::duration>(std::chrono::nanoseconds(unix_nano))));
}

/// The deliveries of a group that are under way, by topic.
struct UnderWay {
  std::int64_t count;
  std::int64_t in_flight;
  std::int64_t oldest;  ///< message id
};

using ByGroupAndTopic = std::map<std::pair<std::int64_t, std::int64_t>, UnderWay>;

Result<ByGroupAndTopic> read_under_way(Transaction& tx, std::int64_t now) {
  const Result<Rows> rows = tx.query(
      "SELECT grp, topic_id, count(*), sum(lease <> 0 AND visible_at > $1), min(message_id)"
      " FROM deliveries GROUP BY grp, topic_id",
      {now});
  if (!rows) return fail(rows.error());
  ByGroupAndTopic all;
  for (const Row& row : *rows) {
    all[{row.integer(0), row.integer(1)}] = {row.integer(2), row.integer(3), row.integer(4)};
  }
  return all;
}

DeadLetter letter_of(const Row& row) {
  return {.id = row.integer(0),
          .died_at = text_of_time(row.integer(1)),
          .group = row.text(2),
          .attempts = static_cast<int>(row.integer(3)),
          .reason = row.text(4),
          .message = {row.text(5), row.text(6), row.text(7)}};
}

constexpr std::string_view kSelectLetter =
    "SELECT l.id, l.died_at, g.name, l.attempts, l.reason, t.name, m.key, m.body"
    " FROM dead_letters l JOIN groups g ON g.id = l.grp JOIN topics t ON t.id = l.topic_id"
    " JOIN messages m ON m.id = l.message_id WHERE l.id = $1";

}  // namespace

Result<std::vector<QueueState>> BrokerStore::queues() {
  using Answer = Result<std::vector<QueueState>>;
  return database_.read(nullptr, "queues", [&](Transaction& tx) -> Answer {
    const auto under_way = read_under_way(tx, now_ms());
    if (!under_way) return fail(under_way.error());
    const Result<Rows> rows = tx.query(
        "SELECT t.id, t.name, coalesce(s.grp, 0), coalesce(g.name, ''),"
        " iif(s.grp IS NULL, t.messages, t.published - s.received),"
        " coalesce(s.dead, 0), coalesce(s.redelivered, 0),"
        " (SELECT min(id) FROM messages WHERE topic_id = t.id AND id > coalesce(s.cursor, 0))"
        " FROM topics t LEFT JOIN subscriptions s ON s.topic_id = t.id"
        " LEFT JOIN groups g ON g.id = s.grp ORDER BY t.name, g.name");
    if (!rows) return fail(rows.error());
    std::vector<QueueState> queues;
    queues.reserve(rows->size());
    for (const Row& row : *rows) {
      QueueState queue{.topic = row.text(1),
                       .group = row.text(3),
                       .ready = row.integer(4),
                       .dead = row.integer(5),
                       .redelivered = row.integer(6),
                       .oldest_age_ms = {}};
      std::int64_t oldest = row.is_null(7) ? 0 : row.integer(7);
      const auto busy = under_way->find({row.integer(2), row.integer(0)});
      if (busy != under_way->end()) {
        queue.in_flight = busy->second.in_flight;
        queue.ready += busy->second.count - busy->second.in_flight;
        oldest = oldest == 0 ? busy->second.oldest : std::min(oldest, busy->second.oldest);
      }
      if (oldest != 0) {
        const Result<Rows> since =
            tx.query("SELECT published_at FROM messages WHERE id = $1", {oldest});
        if (!since) return fail(since.error());
        // The system clock may have been set back since.
        const std::int64_t age =
            (unix_nano(clock_.system_now()) - since->at(0).integer(0)) / 1'000'000;
        queue.oldest_age_ms = std::max<std::int64_t>(age, 0);
      }
      queues.push_back(std::move(queue));
    }
    return queues;
  });
}

Result<std::vector<PeekedMessage>> BrokerStore::peek(const std::string& topic, std::size_t limit) {
  using Answer = Result<std::vector<PeekedMessage>>;
  return database_.read(nullptr, "peek", [&](Transaction& tx) -> Answer {
    const Result<Rows> topics = tx.query("SELECT id FROM topics WHERE name = $1", {topic});
    if (!topics) return fail(topics.error());
    if (topics->empty()) {
      return fail(Code::topic_not_found, fmt::format("there is no topic {}", topic));
    }
    const std::int64_t id = topics->front().integer(0);
    const auto most = static_cast<std::int64_t>(limit);
    // What a topic without groups holds is ready for whoever comes.
    const Result<Rows> rows = tx.query(
        "WITH member (grp, name, cursor) AS ("
        "  SELECT s.grp, g.name, s.cursor FROM subscriptions s JOIN groups g ON g.id = s.grp"
        "  WHERE s.topic_id = $1"
        "  UNION ALL SELECT 0, '', 0"
        "  WHERE NOT EXISTS (SELECT 1 FROM subscriptions WHERE topic_id = $1))"
        " SELECT id, name, state, attempts FROM ("
        "  SELECT d.message_id AS id, p.name AS name,"
        "   iif(d.lease <> 0 AND d.visible_at > $2, 'in flight', 'retry') AS state,"
        "   d.attempts AS attempts FROM member p JOIN deliveries d ON d.grp = p.grp"
        "   WHERE d.topic_id = $1"
        "  UNION ALL SELECT l.message_id, p.name, 'dead', l.attempts"
        "   FROM member p JOIN dead_letters l ON l.grp = p.grp WHERE l.topic_id = $1"
        "  UNION ALL SELECT m.id, p.name, 'ready', 0 FROM member p JOIN messages m"
        "   ON m.id > p.cursor WHERE m.topic_id = $1 AND m.id <= ("
        "    SELECT max(id) FROM (SELECT id FROM messages"
        "     WHERE topic_id = $1 AND id > (SELECT min(cursor) FROM member)"
        "     ORDER BY id LIMIT $3)))"
        " ORDER BY id, name LIMIT $3",
        {id, now_ms(), most});
    if (!rows) return fail(rows.error());
    std::vector<PeekedMessage> peeked;
    std::size_t bytes = 0;
    for (const Row& row : *rows) {
      const Result<Rows> message =
          tx.query("SELECT key, body, published_at FROM messages WHERE id = $1", {row.integer(0)});
      if (!message) return fail(message.error());
      const Row& found = message->at(0);
      bytes += found.text(1).size();
      if (!peeked.empty() && bytes > limits::kBatchBytes) break;
      peeked.push_back({.id = row.integer(0),
                        .published_at = text_of_time(found.integer(2)),
                        .group = row.text(1),
                        .state = row.text(2),
                        .attempts = static_cast<int>(row.integer(3)),
                        .message = {topic, found.text(0), found.text(1)}});
    }
    return peeked;
  });
}

Result<Page<DeadLetter>> BrokerStore::dead_letters(const std::string& topic,
                                                   const contracts::PageRequest& page) {
  using Answer = Result<Page<DeadLetter>>;
  return database_.read(nullptr, "dead letters", [&](Transaction& tx) -> Answer {
    const Result<Rows> ids =
        topic.empty() ? tx.query("SELECT id FROM dead_letters WHERE id > $1 ORDER BY id LIMIT $2",
                                 {page.after, page.limit + 1})
                      : tx.query(
                            "SELECT id FROM dead_letters WHERE id > $1 AND topic_id ="
                            " (SELECT id FROM topics WHERE name = $3) ORDER BY id LIMIT $2",
                            {page.after, page.limit + 1, topic});
    if (!ids) return fail(ids.error());
    Page<DeadLetter> found;
    std::size_t bytes = 0;
    for (const Row& row : *ids) {
      const Result<Rows> letter = tx.query(kSelectLetter, {row.integer(0)});
      if (!letter) return fail(letter.error());
      bytes += letter->at(0).text(7).size();
      const bool full = static_cast<std::int64_t>(found.items.size()) == page.limit ||
                        bytes > limits::kBatchBytes;
      if (full && !found.items.empty()) {
        found.next = found.items.back().id;
        break;
      }
      found.items.push_back(letter_of(letter->at(0)));
    }
    return found;
  });
}

Result<DeadLetter> BrokerStore::find_dead_letter(std::int64_t id) {
  return database_.read(nullptr, "dead letter", [&](Transaction& tx) -> Result<DeadLetter> {
    const Result<Rows> rows = tx.query(kSelectLetter, {id});
    if (!rows) return fail(rows.error());
    if (rows->empty()) {
      return fail(Code::dead_letter_not_found, fmt::format("there is no dead letter {}", id));
    }
    return letter_of(rows->front());
  });
}

}  // namespace msdemo::broker
