// What a group has been given of one partition and has not settled. Kafka remembers one number for
// it, the committed offset, and beside it a text of our own: this is where both come from.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "messaging/broker.hpp"

namespace msdemo::messaging {

/// One moment on both clocks: leases run on the steady one, and what another process has to
/// understand is written down on the other.
struct Moment {
  SteadyTime steady;
  SystemTime system;

  static Moment now(const Clock& clock) { return {clock.steady_now(), clock.system_now()}; }
};

/// Pure, and not thread-safe: the subscription that owns the partition guards it.
///
/// A message is fresh until it is given out for the first time, then open until it is settled. The
/// offset to commit is that of the oldest open one. Those behind it that are settled, and how often
/// the open ones were given out, are told by the text: so the next owner repeats nothing that was
/// acked, counts on, and knows which messages its predecessor died with.
class KafkaPartition {
 public:
  /// A message that was given out and is not settled.
  struct Open {
    int attempts = 0;
    bool in_hand = false;     ///< with a handler; else it waits to be given out again
    bool announced = false;   ///< counted in advance, and perhaps not given out; only as read
    bool suspect = false;     ///< it was, or may have been, in hand when an earlier owner died
    std::int64_t due_ms = 0;  ///< of one that waits, since the Unix epoch; as it was written down
    SteadyTime until{};       ///< in hand: the end of its lease; else when it is due
    std::int64_t lease = 0;
    std::optional<Delivery> delivery{};  ///< missing until it was fetched again
  };

  /// What is written down for the next owner and for people.
  struct Record {
    std::int64_t given = 0;  ///< everything before it was given out
    std::int64_t lease = 0;  ///< the greatest so far
    std::int64_t redelivered = 0;
    double acked_per_s = 0;  ///< a decaying average, as of `rated_ms`
    std::int64_t rated_ms = 0;
    std::map<std::int64_t, Open> open;
  };

  /// What was committed with `offset`. A text that is not ours says nothing.
  static Record parse(std::int64_t offset, std::string_view metadata);

  /// `offset` is negative when the group has not committed anything yet.
  KafkaPartition(std::int64_t offset, std::string_view metadata, const Moment& now);

  /// Messages come in the order of their offsets, beginning with the committed one. False for one
  /// that was settled already.
  bool fetched(std::int64_t offset, Delivery delivery);

  /// What is to be committed; -1 before anything is known.
  std::int64_t to_commit() const;
  std::string metadata(const Moment& now) const;

  std::size_t fresh() const { return fresh_.size(); }
  std::size_t open() const { return record_.open.size(); }
  std::int64_t last_lease() const { return record_.lease; }

  /// The next to be given out: what is due again, then fresh ones.
  std::optional<std::int64_t> next(SteadyTime now) const;

  /// The first that was in hand when an earlier owner died, unless it was given out since.
  std::optional<std::int64_t> next_suspect() const;

  /// When next() may have something that it has not now.
  std::optional<SteadyTime> next_due() const;

  /// How often the message has been given out; 0 for a fresh one.
  int attempts(std::int64_t offset) const;

  /// Whether it waits because somebody said so, and not because its consumer died or hangs.
  bool retried(std::int64_t offset) const;
  std::size_t body_size(std::int64_t offset) const;

  /// Counts the next fresh messages in advance, so that the commit that settles others tells of
  /// them, too: `max` at most. Returns how many are counted now.
  std::size_t announce(std::size_t max);

  /// Whether a message is fresh and counted in advance.
  bool announced(std::int64_t offset) const {
    return offset >= record_.given && offset < announced_;
  }

  /// They are not: nobody was told.
  void retract() { announced_ = record_.given; }

  /// Of its latest delivery; 0 for a fresh one.
  std::int64_t lease(std::int64_t offset) const;

  /// Gives out what next() named. `counts` is false for a message that is on its way to the dead.
  Delivery give(std::int64_t offset, std::int64_t lease, SteadyTime until, bool counts = true);

  void extend(std::int64_t offset, SteadyTime until);
  void retry(std::int64_t offset, SteadyTime due);
  void settle(std::int64_t offset, const Moment& now);

  /// Whatever is in hand waits again, as an owner that leaves in order hands it over.
  void release(SteadyTime now);

 private:
  void wait_until(std::int64_t offset, Open& open, SteadyTime until);
  const Delivery& delivery(std::int64_t offset) const;

  bool known_ = false;  ///< whether record_.given means something
  Record record_;
  std::deque<std::pair<std::int64_t, Delivery>> fresh_;
  std::int64_t announced_ = 0;  ///< fresh ones before it count as given out
  std::set<std::pair<SteadyTime, std::int64_t>> timers_;  ///< of the open ones that were fetched
  std::size_t missing_ = 0;                               ///< open ones that were not
};

}  // namespace msdemo::messaging
