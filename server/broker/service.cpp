#include "broker/service.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/waiting.hpp"
#include "messaging/stale_lease.hpp"

namespace msdemo::broker {

using messaging::Delivery;
using messaging::QueueState;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds kSweepInterval{1};

}  // namespace

/// A consumer's place among those that wait, from before it looks for messages: what is published
/// after its look wakes it.
class BrokerService::Waiting {
 public:
  /// `allowed` is false when there are too many already.
  Waiting(BrokerService& service, const std::string& group) : service_(service), group_(group) {
    const std::lock_guard lock(service_.mutex_);
    allowed = service_.waiting_ < limits::kReceiveWaiters;
    if (allowed) ++service_.waiting_;
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  ~Waiting() {
    const std::lock_guard lock(service_.mutex_);
    leave();
    if (allowed) --service_.waiting_;
    // Woken, but leaving: another one has to look instead.
    if (waiter_.woken) service_.wake_one(group_);
  }

  void enter() {
    const std::lock_guard lock(service_.mutex_);
    waiter_.woken = false;
    leave();
    service_.waiters_[group_].push_back(&waiter_);
  }

  /// False when it is not to wait any more.
  bool wait_until(SteadyTime until) {
    const msdemo::Waiting waiting;
    std::unique_lock lock(service_.mutex_);
    waiter_.woken_up.wait_until(lock, until, [&] { return waiter_.woken || service_.stopping_; });
    return !service_.stopping_;
  }

  bool allowed = false;

 private:
  void leave() {
    const auto found = service_.waiters_.find(group_);
    if (found == service_.waiters_.end()) return;
    auto& all = found->second;
    all.erase(std::remove(all.begin(), all.end(), &waiter_), all.end());
    if (all.empty()) service_.waiters_.erase(found);
  }

  BrokerService& service_;
  const std::string& group_;
  Waiter waiter_;
};

BrokerService::BrokerService(BrokerStore& store, const Clock& clock)
    : store_(store), clock_(clock), sweeper_([this] { sweep_until_stopped(); }) {}

BrokerService::~BrokerService() {
  stop();
  sweeper_.join();
}

void BrokerService::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  stopped_.notify_all();
  for (const auto& [group, waiters] : waiters_) {
    for (Waiter* const waiter : waiters) waiter->woken_up.notify_one();
  }
}

void BrokerService::sweep_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kSweepInterval, [this] { return stopping_; })) {
    lock.unlock();
    const Result<Effects> swept = store_.sweep();
    if (!swept) spdlog::warn("broker: the sweep failed: {}", swept.error().message);
    static_cast<void>(apply({}, swept));
    lock.lock();
  }
}

/// The mutex is held. The one that came last: the others may have waited for so long because their
/// processes are gone.
void BrokerService::wake_one(const std::string& group) {
  const auto found = waiters_.find(group);
  if (found == waiters_.end() || found->second.empty()) return;
  Waiter* const waiter = found->second.back();
  found->second.pop_back();
  waiter->woken = true;
  waiter->woken_up.notify_one();
}

/// Counts, wakes, and tells which leases had ended.
Result<void> BrokerService::apply(const std::string& group, const Result<Effects>& effects) {
  if (!effects) return fail(effects.error());
  const SteadyTime now = clock_.steady_now();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [topic, count] : effects->published) published_[topic].count(count, now);
    for (const auto& [topic, count] : effects->acked) acked_[{topic, group}].count(count, now);
    for (const std::string& reached : effects->groups) wake_one(reached);
  }
  return messaging::StaleLeases(effects->stale).result();
}

Result<void> BrokerService::publish(std::vector<messaging::Message> batch) {
  return apply({}, store_.publish(std::move(batch)));
}

Result<void> BrokerService::subscribe(const std::string& group,
                                      std::span<const std::string> patterns) {
  return apply(group, store_.subscribe(group, patterns));
}

Result<std::vector<Delivery>> BrokerService::receive(const std::string& group, std::size_t max,
                                                     milliseconds wait,
                                                     const std::function<bool()>& gone) {
  // Real time: the caller waits in it, whatever clock the leases follow.
  const SteadyTime end = real_clock().steady_now() + wait;
  Waiting waiting(*this, group);
  for (;;) {
    if (gone()) return std::vector<Delivery>();
    waiting.enter();
    Result<Claim> claim = store_.claim(group, max);
    if (!claim) return fail(std::move(claim.error()));
    if (!claim->deliveries.empty()) {
      if (claim->more) {
        const std::lock_guard lock(mutex_);
        wake_one(group);
      }
      return std::move(claim->deliveries);
    }
    const SteadyTime now = real_clock().steady_now();
    if (!waiting.allowed || now >= end) return std::vector<Delivery>();
    const SteadyTime due = claim->next_due ? now + *claim->next_due : end;
    if (!waiting.wait_until(std::min(end, due))) return std::vector<Delivery>();
  }
}

Result<void> BrokerService::ack(const std::string& group, std::span<const Held> deliveries) {
  return apply(group, store_.ack(group, deliveries));
}

Result<void> BrokerService::extend(const std::string& group, std::span<const Held> deliveries) {
  return apply(group, store_.extend(group, deliveries));
}

Result<void> BrokerService::retry_later(const std::string& group, std::span<const Held> deliveries,
                                        milliseconds delay) {
  return apply(group, store_.retry_later(group, deliveries, delay));
}

Result<void> BrokerService::dead_letter(const std::string& group, std::span<const Held> deliveries,
                                        const std::string& reason) {
  return apply(group, store_.dead_letter(group, deliveries, reason));
}

Result<std::vector<QueueState>> BrokerService::queues() {
  auto queues = store_.queues();
  if (!queues) return queues;
  const SteadyTime now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  for (QueueState& queue : *queues) {
    const auto published = published_.find(queue.topic);
    if (published != published_.end()) queue.published_per_s = published->second.per_second(now);
    const auto acked = acked_.find({queue.topic, queue.group});
    if (acked != acked_.end()) queue.acked_per_s = acked->second.per_second(now);
  }
  return queues;
}

Result<void> BrokerService::redrive(std::int64_t id) {
  return apply({}, store_.redrive(id));
}

}  // namespace msdemo::broker
