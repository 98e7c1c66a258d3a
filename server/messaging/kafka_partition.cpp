#include "messaging/kafka_partition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;

/// Opens a text of this kind; a later kind will have another.
constexpr std::string_view kVersion = "msdemo-1";
constexpr double kRateSeconds = 5;  ///< after which the rate has forgotten two thirds

std::int64_t unix_ms(SystemTime time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

/// Takes the text before the next `mark`, or all of it.
std::string_view take(std::string_view& rest, char mark) {
  const std::string_view part = rest.substr(0, rest.find(mark));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

std::int64_t take_number(std::string_view& rest, char mark) {
  return parse_integer(take(rest, mark)).value_or(0);
}

double decayed(double rate, std::int64_t from_ms, std::int64_t to_ms) {
  return rate * std::exp(-static_cast<double>(std::max<std::int64_t>(to_ms - from_ms, 0)) /
                         (kRateSeconds * 1000));
}

enum Mark : char { kInHand = 'h', kAnnounced = 'n', kWaits = 'w' };

/// Messages in a row of which the same is written.
struct Run {
  std::int64_t first;
  int attempts;
  Mark mark;
  std::int64_t due_ms = 0;  ///< of those that wait
  std::int64_t length = 1;

  bool goes_on_with(const Run& next) const {
    return next.first == first + length && next.attempts == attempts && next.mark == mark &&
           next.due_ms == due_ms;
  }
};

/// `0+3*1h`: three messages from the committed one on, given out once, in hand. `3+2*1n`: two that
/// are given out next. `7*2w1764339999000`: one that waits until then for its third time.
std::string run_text(const Run& run, std::int64_t base) {
  std::string text = fmt::format(" {}", run.first - base);
  if (run.length > 1) text += fmt::format("+{}", run.length);
  text += fmt::format("*{}{}", run.attempts, static_cast<char>(run.mark));
  return run.mark == kWaits ? text + std::to_string(run.due_ms) : text;
}

void read_run(std::string_view run, std::int64_t base, KafkaPartition::Record& record) {
  std::string_view range = take(run, '*');
  const std::int64_t first = base + take_number(range, '+');
  const std::int64_t length = range.empty() ? 1 : parse_integer(range).value_or(0);
  KafkaPartition::Open open;
  open.in_hand = run.ends_with(kInHand);
  open.announced = run.ends_with(kAnnounced);
  open.attempts = static_cast<int>(take_number(run, open.in_hand     ? kInHand
                                                    : open.announced ? kAnnounced
                                                                     : kWaits));
  open.due_ms = parse_integer(run).value_or(0);
  for (std::int64_t offset = first; offset < std::min(first + length, record.given); ++offset) {
    record.open.emplace(offset, open);
  }
}

}  // namespace

KafkaPartition::Record KafkaPartition::parse(std::int64_t offset, std::string_view metadata) {
  Record record{.given = offset, .open = {}};
  if (take(metadata, ' ') != kVersion) return record;
  record.given = offset + take_number(metadata, ' ');
  record.lease = take_number(metadata, ' ');
  record.redelivered = take_number(metadata, ' ');
  record.acked_per_s = static_cast<double>(take_number(metadata, '@')) / 1000;
  record.rated_ms = take_number(metadata, ' ');
  while (!metadata.empty()) read_run(take(metadata, ' '), offset, record);
  return record;
}

KafkaPartition::KafkaPartition(std::int64_t offset, std::string_view metadata, const Moment& now)
    : known_(offset >= 0), record_(parse(offset, metadata)), missing_(record_.open.size()) {
  for (auto& [at, open] : record_.open) {
    open.suspect = open.in_hand || open.announced;
    open.in_hand = false;
    open.until =
        now.steady + milliseconds(std::max<std::int64_t>(open.due_ms - unix_ms(now.system), 0));
  }
}

bool KafkaPartition::fetched(std::int64_t offset, Delivery delivery) {
  if (!known_) {
    known_ = true;
    record_.given = offset;
  }
  if (missing_ > 0) {
    // What lies before it and did not come was removed by the topic's retention.
    for (auto it = record_.open.begin(); it != record_.open.end() && it->first < offset;) {
      const bool gone = !it->second.delivery;
      it = gone ? record_.open.erase(it) : std::next(it);
      missing_ -= gone ? 1 : 0;
    }
  }
  if (offset >= record_.given) {
    if (!fresh_.empty() && offset <= fresh_.back().first) return false;
    fresh_.emplace_back(offset, std::move(delivery));
    return true;
  }
  const auto found = record_.open.find(offset);
  if (found == record_.open.end() || found->second.delivery) return false;
  found->second.delivery = std::move(delivery);
  --missing_;
  timers_.emplace(found->second.until, offset);
  return true;
}

std::int64_t KafkaPartition::to_commit() const {
  if (!known_) return -1;
  return record_.open.empty() ? record_.given : record_.open.begin()->first;
}

std::string KafkaPartition::metadata(const Moment& now) const {
  const std::int64_t base = to_commit();
  const std::int64_t now_ms = unix_ms(now.system);
  const auto due_of = [&](const Open& open) {
    if (open.in_hand || open.until <= now.steady) return std::int64_t{0};
    return now_ms + std::chrono::ceil<milliseconds>(open.until - now.steady).count();
  };
  std::vector<Run> all;
  const auto add = [&all](const Run& run) {
    if (!all.empty() && all.back().goes_on_with(run)) {
      ++all.back().length;
    } else {
      all.push_back(run);
    }
  };
  for (const auto& [offset, open] : record_.open) {
    add({offset, open.attempts, open.in_hand ? kInHand : kWaits, due_of(open)});
  }
  for (const auto& [offset, delivery] : fresh_) {
    if (!announced(offset)) break;
    add({offset, 1, kAnnounced});
  }
  std::string runs;
  std::int64_t given = std::max(record_.given, announced_);
  for (const Run& run : all) {
    const std::string text = run_text(run, base);
    if (runs.size() + text.size() > limits::kKafkaMetadataBytes) {
      // There is no room to tell more: from here on everything counts as not given out.
      given = run.first;
      break;
    }
    runs += text;
  }
  return fmt::format("{} {} {} {} {}@{}{}", kVersion, given - base, record_.lease,
                     record_.redelivered, std::llround(record_.acked_per_s * 1000),
                     record_.rated_ms, runs);
}

std::optional<std::int64_t> KafkaPartition::next_suspect() const {
  for (const auto& [offset, open] : record_.open) {
    if (open.suspect && open.delivery) return offset;
  }
  return std::nullopt;
}

std::optional<std::int64_t> KafkaPartition::next(SteadyTime now) const {
  if (!timers_.empty() && timers_.begin()->first <= now) return timers_.begin()->second;
  if (!fresh_.empty()) return fresh_.front().first;
  return std::nullopt;
}

std::optional<SteadyTime> KafkaPartition::next_due() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

int KafkaPartition::attempts(std::int64_t offset) const {
  const auto found = record_.open.find(offset);
  return found == record_.open.end() ? 0 : found->second.attempts;
}

std::int64_t KafkaPartition::lease(std::int64_t offset) const {
  const auto found = record_.open.find(offset);
  return found == record_.open.end() ? 0 : found->second.lease;
}

bool KafkaPartition::retried(std::int64_t offset) const {
  const auto found = record_.open.find(offset);
  return found != record_.open.end() && !found->second.in_hand && !found->second.suspect;
}

std::size_t KafkaPartition::announce(std::size_t max) {
  const std::size_t next = std::min(max, fresh_.size());
  if (next > 0) announced_ = std::max(announced_, fresh_[next - 1].first + 1);
  return next;
}

const Delivery& KafkaPartition::delivery(std::int64_t offset) const {
  const auto found = record_.open.find(offset);
  return found == record_.open.end() ? fresh_.front().second : *found->second.delivery;
}

std::size_t KafkaPartition::body_size(std::int64_t offset) const {
  return delivery(offset).message.body.size();
}

Delivery KafkaPartition::give(std::int64_t offset, std::int64_t lease, SteadyTime until,
                              bool counts) {
  if (offset >= record_.given) {
    Open& fresh = record_.open[offset];
    fresh.delivery = std::move(fresh_.front().second);
    fresh_.pop_front();
    record_.given = offset + 1;
  }
  Open& open = record_.open.at(offset);
  if (counts) {
    if (open.attempts > 0) ++record_.redelivered;
    ++open.attempts;
  }
  open.in_hand = true;
  open.suspect = false;
  open.lease = record_.lease = lease;
  wait_until(offset, open, until);
  Delivery given = *open.delivery;
  given.attempt = open.attempts;
  given.lease = lease;
  return given;
}

void KafkaPartition::wait_until(std::int64_t offset, Open& open, SteadyTime until) {
  timers_.erase({open.until, offset});
  open.until = until;
  timers_.emplace(until, offset);
}

void KafkaPartition::extend(std::int64_t offset, SteadyTime until) {
  wait_until(offset, record_.open.at(offset), until);
}

void KafkaPartition::retry(std::int64_t offset, SteadyTime due) {
  Open& open = record_.open.at(offset);
  open.in_hand = false;
  wait_until(offset, open, due);
}

void KafkaPartition::settle(std::int64_t offset, const Moment& now) {
  const auto found = record_.open.find(offset);
  timers_.erase({found->second.until, offset});
  record_.open.erase(found);
  const std::int64_t now_ms = unix_ms(now.system);
  record_.acked_per_s = decayed(record_.acked_per_s, record_.rated_ms, now_ms) + 1 / kRateSeconds;
  record_.rated_ms = now_ms;
}

void KafkaPartition::release(SteadyTime now) {
  retract();
  for (auto& [offset, open] : record_.open) {
    if (open.in_hand) retry(offset, now);
  }
}

}  // namespace msdemo::messaging
