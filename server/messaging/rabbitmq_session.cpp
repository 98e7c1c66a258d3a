#include "messaging/rabbitmq_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/limits.hpp"
#include "messaging/names.hpp"
#include "messaging/stale_lease.hpp"

namespace msdemo::messaging {

namespace {

using std::chrono::milliseconds;

/// The first lease of a connection that begins now. There is room for 16 million deliveries in each
/// millisecond before the next connection's begin.
std::int64_t first_lease_now() {
  constexpr int kDeliveries = 24;
  constexpr std::int64_t kSince2024Ms = 1'704'067'200'000;
  const auto now = real_clock().system_now().time_since_epoch();
  const std::int64_t ms = std::chrono::floor<milliseconds>(now).count() - kSince2024Ms;
  return std::max<std::int64_t>(ms, 0) << kDeliveries;
}

}  // namespace

Result<std::unique_ptr<RabbitmqSession>> RabbitmqSession::open(
    const RabbitmqSettings& settings, const std::string& group,
    std::span<const std::string> topics) {
  auto connection = RabbitmqConnection::open(settings.place.address, settings.heartbeat,
                                             real_clock().steady_now() + settings.call);
  if (!connection) return fail(connection.error());
  const RabbitmqNames& names = settings.place.names;
  std::unique_ptr<RabbitmqSession> session(
      new RabbitmqSession(settings, group, std::move(*connection)));
  auto done = declare_exchanges(*session->connection_, names);
  if (done) done = declare_group(*session->connection_, names, group, topics, settings.limits);
  if (done) done = publish_unheard(*session->connection_, names);
  if (!done) return fail(done.error());
  const bool all_dead = std::all_of(topics.begin(), topics.end(), is_dead_topic);
  const bool any_dead = std::any_of(topics.begin(), topics.end(), is_dead_topic);
  if (!all_dead) session->taps_.push_back({.queue = names.queue(group)});
  if (any_dead) session->taps_.push_back({.queue = names.copies(group)});
  return session;
}

RabbitmqSession::RabbitmqSession(const RabbitmqSettings& settings, const std::string& group,
                                 std::unique_ptr<RabbitmqConnection> connection)
    : settings_(settings),
      group_(group),
      first_lease_(first_lease_now()),
      opened_(real_clock().steady_now()),
      connection_(std::move(connection)) {}

// ---- receiving

Result<void> RabbitmqSession::want(std::size_t max, bool took_long) {
  connection_->finish_by(real_clock().steady_now() + settings_.call);
  const int batch = static_cast<int>(max);
  for (Tap& tap : taps_) {
    const int room = tap.prefetch - tap.unsettled;
    const bool enough = !tap.consumer.empty() && room >= batch;
    const bool too_much = took_long && room > batch;
    if (enough && !too_much) continue;
    // Who has just begun, or is slow, holds nothing that another consumer could have.
    const int ahead = took_long || batch == 1 ? 1 : limits::kSentAhead;
    if (auto done = begin(tap, static_cast<std::size_t>(batch * ahead)); !done) return done;
  }
  return {};
}

Result<void> RabbitmqSession::begin(Tap& tap, std::size_t prefetch) {
  if (auto done = end(tap); !done) return done;
  const std::string consumer = fmt::format("{}-{}", group_, ++consumers_);
  auto begun = connection_->consume(tap.queue, consumer, static_cast<int>(prefetch));
  if (!begun) return begun;
  tap.consumer = consumer;
  tap.prefetch = static_cast<int>(prefetch);
  tap.unsettled = 0;
  return {};
}

Result<void> RabbitmqSession::end(Tap& tap) {
  if (tap.consumer.empty()) return {};
  const std::string consumer = std::exchange(tap.consumer, {});
  return connection_->cancel(consumer);
}

Result<void> RabbitmqSession::run() {
  connection_->finish_by(real_clock().steady_now() + settings_.call);
  if (const auto came = connection_->read(SteadyTime::min()); !came) return fail(came.error());
  if (auto done = give_back_due(); !done) return done;
  // What was being published while this group came may have missed both its queue and the look for
  // the unheard.
  if (heard_again_ || real_clock().steady_now() < opened_ + limits::kUnheardWait) return {};
  heard_again_ = true;
  return publish_unheard(*connection_, settings_.place.names);
}

std::vector<Delivery> RabbitmqSession::take(std::size_t max) {
  std::vector<Delivery> taken;
  std::size_t bytes = 0;
  auto& arrived = connection_->arrived();
  while (!arrived.empty() && taken.size() < max) {
    AmqpMessage& message = arrived.front();
    bytes += message.body.size();
    if (!taken.empty() && bytes > limits::kBatchBytes) break;
    const std::int64_t lease = first_lease_ + static_cast<std::int64_t>(message.tag);
    held_.emplace_hint(held_.end(), lease, Held{.consumer = message.consumer});
    for (Tap& tap : taps_) {
      if (tap.consumer == message.consumer) ++tap.unsettled;
    }
    taken.push_back(to_delivery(std::move(message), lease, settings_.limits.max_attempts,
                                settings_.place.names));
    arrived.pop_front();
  }
  return taken;
}

Result<void> RabbitmqSession::stop() {
  connection_->finish_by(real_clock().steady_now() + settings_.call);
  for (Tap& tap : taps_) {
    if (auto done = end(tap); !done) return done;
  }
  for (const AmqpMessage& message : std::exchange(connection_->arrived(), {})) {
    if (auto done = connection_->give_back(message.tag); !done) return done;
  }
  return connection_->flush();
}

// ---- settling

std::uint64_t RabbitmqSession::tag_of(std::int64_t lease) const {
  return static_cast<std::uint64_t>(lease - first_lease_);
}

bool RabbitmqSession::leased(const Delivery& delivery) const {
  const auto held = held_.find(delivery.lease);
  return held != held_.end() && !held->second.again;
}

void RabbitmqSession::let_go(std::int64_t lease) {
  const auto held = held_.find(lease);
  for (Tap& tap : taps_) {
    if (tap.consumer == held->second.consumer) --tap.unsettled;
  }
  held_.erase(held);
}

Result<void> RabbitmqSession::extend(std::span<const Delivery> deliveries) const {
  StaleLeases stale;
  for (const Delivery& delivery : deliveries) {
    if (!leased(delivery)) stale.add(delivery);
  }
  return stale.result();
}

Result<void> RabbitmqSession::ack(std::span<const Delivery> deliveries) {
  connection_->finish_by(real_clock().steady_now() + settings_.call);
  StaleLeases stale;
  std::set<std::int64_t> leases;
  for (const Delivery& delivery : deliveries) {
    if (!leased(delivery) || !leases.insert(delivery.lease).second) stale.add(delivery);
  }
  // As a rule it is everything that we hold, and one frame says so.
  const bool all =
      std::equal(leases.begin(), leases.end(), held_.begin(), held_.end(),
                 [](std::int64_t lease, const auto& held) { return lease == held.first; });
  if (all && !leases.empty()) {
    auto sent = connection_->ack(tag_of(*leases.rbegin()), RabbitmqConnection::Ack::up_to_this);
    if (!sent) return sent;
  }
  for (const std::int64_t lease : leases) {
    if (!all) {
      auto sent = connection_->ack(tag_of(lease), RabbitmqConnection::Ack::this_one);
      if (!sent) return sent;
    }
    let_go(lease);
  }
  if (auto done = connection_->flush(); !done) return done;
  return stale.result();
}

Result<void> RabbitmqSession::retry_later(const Delivery& delivery, milliseconds delay) {
  if (!leased(delivery)) return StaleLeases(delivery).result();
  held_.at(delivery.lease).again = real_clock().steady_now() + delay;
  return give_back_due();
}

/// RabbitMQ knows no delay: what is to be retried stays with us until then.
Result<void> RabbitmqSession::give_back_due() {
  const SteadyTime now = real_clock().steady_now();
  std::vector<std::int64_t> due;
  for (const auto& [lease, held] : held_) {
    if (held.again && *held.again <= now) due.push_back(lease);
  }
  for (const std::int64_t lease : due) {
    if (auto done = connection_->give_back(tag_of(lease)); !done) return done;
    let_go(lease);
  }
  return due.empty() ? Result<void>() : connection_->flush();
}

Result<void> RabbitmqSession::dead_letter(const Delivery& delivery, const std::string& reason) {
  if (!leased(delivery)) return StaleLeases(delivery).result();
  connection_->finish_by(real_clock().steady_now() + settings_.call);
  const std::int64_t now = unix_nano(real_clock().system_now());
  auto sent = connection_->send(to_dead(delivery, group_, reason, now, settings_.place.names));
  if (!sent) return sent;
  const auto confirmed = connection_->await_confirmed();
  if (!confirmed) return fail(confirmed.error());
  if (confirmed->refused > 0) {
    return fail(Code::topic_full,
                fmt::format("the dead letters of group {}, or a queue of those who listen to them, "
                            "are full",
                            group_),
                "redrive some of them, then try again");
  }
  return ack({&delivery, 1});
}

SteadyTime RabbitmqSession::next_due() const {
  // Twice in a heartbeat, and with room for a thread that is late.
  constexpr int kInAHeartbeat = 4;
  const SteadyTime now = real_clock().steady_now();
  SteadyTime due = now + milliseconds(settings_.heartbeat) / kInAHeartbeat;
  if (!heard_again_) due = std::min(due, std::max(now, opened_ + limits::kUnheardWait));
  for (const auto& [lease, held] : held_) {
    if (held.again) due = std::min(due, *held.again);
  }
  return due;
}

}  // namespace msdemo::messaging
