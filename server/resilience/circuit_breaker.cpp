#include "resilience/circuit_breaker.hpp"

#include <fmt/format.h>

#include <cmath>

namespace msdemo::resilience {

using std::chrono::ceil;
using std::chrono::milliseconds;

std::string_view to_string(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::half_open:
      return "half-open";
    case BreakerState::open:
      break;
  }
  return "open";
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::acquire(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (half_open_begins(now)) enter(BreakerState::half_open, now);
  if (state_ == BreakerState::open) return std::nullopt;
  if (state_ == BreakerState::half_open) {
    if (marks_.size() + probes_out_ >= options_.probes) return std::nullopt;
    ++probes_out_;
  }
  return Permit{period_};
}

bool CircuitBreaker::record(const Permit& permit, CallResult result, std::chrono::nanoseconds took,
                            SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (permit.period != period_) return false;
  if (state_ == BreakerState::half_open) --probes_out_;
  if (result == CallResult::ignored) return false;
  const bool was_slow = options_.slow && took >= *options_.slow;
  remember(static_cast<Mark>((result == CallResult::failure ? kFailed : kGood) |
                             (was_slow ? kSlow : kGood)));
  return judge(now);
}

BreakerState CircuitBreaker::state(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  return half_open_begins(now) ? BreakerState::half_open : state_;
}

std::string CircuitBreaker::explain(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  if (half_open_begins(now)) return "half-open: the next calls decide";
  if (state_ == BreakerState::open) {
    const auto left = ceil<milliseconds>(opened_ + options_.open - now);
    return fmt::format("open for another {} ms: {}", left.count(), opened_because_);
  }
  const std::string slow = options_.slow ? fmt::format(" and {} were slow", slow_) : std::string();
  if (state_ == BreakerState::half_open) {
    return fmt::format("half-open: {} of {} probes are back, {} of them failed{}", marks_.size(),
                       options_.probes, failed_, slow);
  }
  const std::string counts =
      fmt::format("closed: {} of {} calls failed{}", failed_, marks_.size(), slow);
  if (marks_.size() < options_.minimum) {
    return fmt::format("{}, but it judges from {}", counts, options_.minimum);
  }
  return fmt::format("{}, it opens at {:g} %", counts, options_.failures * 100);
}

void CircuitBreaker::reset(const BreakerOptions& options) {
  const std::lock_guard lock(mutex_);
  options_ = options;
  enter(BreakerState::closed, {});
}

bool CircuitBreaker::half_open_begins(SteadyTime now) const {
  return state_ == BreakerState::open && now - opened_ >= options_.open;
}

void CircuitBreaker::enter(BreakerState state, SteadyTime now) {
  if (state == BreakerState::open) {
    opened_ = now;
    opened_because_ =
        fmt::format("{} of {} {} failed{}", failed_, marks_.size(),
                    state_ == BreakerState::half_open ? "probes" : "calls",
                    options_.slow ? fmt::format(" and {} were slow", slow_) : std::string());
  }
  state_ = state;
  ++period_;
  marks_.clear();
  oldest_ = 0;
  failed_ = 0;
  slow_ = 0;
  probes_out_ = 0;
}

void CircuitBreaker::remember(Mark mark) {
  if (marks_.size() < options_.window || state_ == BreakerState::half_open) {
    marks_.push_back(mark);
  } else {
    Mark& forgotten = marks_[oldest_];
    failed_ -= (forgotten & kFailed) != 0 ? 1U : 0U;
    slow_ -= (forgotten & kSlow) != 0 ? 1U : 0U;
    forgotten = mark;
    oldest_ = (oldest_ + 1) % options_.window;
  }
  failed_ += (mark & kFailed) != 0 ? 1U : 0U;
  slow_ += (mark & kSlow) != 0 ? 1U : 0U;
}

bool CircuitBreaker::judge(SteadyTime now) {
  const bool probing = state_ == BreakerState::half_open;
  const std::size_t of = probing ? options_.probes : marks_.size();
  const bool enough = probing || marks_.size() >= options_.minimum;
  if (enough && (too_many(failed_, of) || too_many(slow_, of))) {
    enter(BreakerState::open, now);
    return true;
  }
  if (!probing || marks_.size() < options_.probes) return false;
  enter(BreakerState::closed, now);
  return true;
}

bool CircuitBreaker::too_many(std::size_t bad, std::size_t of) const {
  // A share is never exactly representable: 10 of 20 must be 50 %.
  constexpr double kRounding = 1e-9;
  return static_cast<double>(bad) + kRounding >= options_.failures * static_cast<double>(of);
}

}  // namespace msdemo::resilience
