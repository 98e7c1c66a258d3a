#include "resilience/retry_budget.hpp"

#include <algorithm>
#include <chrono>

namespace msdemo::resilience {

void RetryBudget::call(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  ++slot(second_of(now)).count.calls;
}

bool RetryBudget::spend(double share, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const std::int64_t second = second_of(now);
  const Count used = sum(second);
  const double allowed =
      std::max<double>(limits::kBudgetReserve, share * static_cast<double>(used.calls));
  if (static_cast<double>(used.retries + 1) > allowed) return false;
  ++slot(second).count.retries;
  return true;
}

RetryBudget::Count RetryBudget::count(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  return sum(second_of(now));
}

std::int64_t RetryBudget::second_of(SteadyTime now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

RetryBudget::Slot& RetryBudget::slot(std::int64_t second) {
  Slot& slot = slots_[static_cast<std::size_t>(second) % kSlots];
  if (slot.second != second) slot = {.second = second};
  return slot;
}

RetryBudget::Count RetryBudget::sum(std::int64_t second) const {
  Count sum;
  for (const Slot& slot : slots_) {
    if (slot.second <= second - static_cast<std::int64_t>(kSlots) || slot.second > second) continue;
    sum.calls += slot.count.calls;
    sum.retries += slot.count.retries;
  }
  return sum;
}

}  // namespace msdemo::resilience
