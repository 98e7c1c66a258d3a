#include "order/waiters.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/limits.hpp"
#include "base/waiting.hpp"

namespace msdemo::order {

Waiters::Place::Place(Waiters& waiters, std::int64_t order_id)
    : waiters_(waiters), order_id_(order_id) {
  const std::lock_guard lock(waiters_.mutex_);
  has_room_ = waiters_.places_.size() < limits::kOrderWaiters;
  if (has_room_) waiters_.places_.emplace(order_id, this);
}

Waiters::Place::~Place() {
  if (!has_room_) return;
  const std::lock_guard lock(waiters_.mutex_);
  const auto [first, last] = waiters_.places_.equal_range(order_id_);
  waiters_.places_.erase(
      std::find_if(first, last, [this](const auto& entry) { return entry.second == this; }));
}

bool Waiters::Place::has_room() const {
  const std::lock_guard lock(waiters_.mutex_);
  return has_room_ && !waiters_.closed_;
}

void Waiters::Place::wait_until(SteadyTime deadline) {
  const Waiting waiting;
  std::unique_lock lock(waiters_.mutex_);
  wake_.wait_until(lock, deadline, [this] { return decided_ || waiters_.closed_; });
  decided_ = false;
}

void Waiters::decided(std::optional<std::int64_t> order_id) {
  const std::lock_guard lock(mutex_);
  auto [first, last] = std::pair(places_.begin(), places_.end());
  if (order_id) std::tie(first, last) = places_.equal_range(*order_id);
  for (auto entry = first; entry != last; ++entry) {
    entry->second->decided_ = true;
    entry->second->wake_.notify_one();
  }
}

void Waiters::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [id, place] : places_) place->wake_.notify_one();
}

}  // namespace msdemo::order
