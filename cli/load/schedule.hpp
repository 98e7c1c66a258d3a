// Which starts a plan wants, and when. Arithmetic alone: time comes from outside.
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "load/connection.hpp"
#include "load/http_load.hpp"
#include "load/pacer.hpp"

namespace msdemo::load {

class Schedule {
 public:
  /// `plan` outlives the schedule.
  Schedule(const Plan& plan, SteadyTime begin)
      : plan_(plan),
        begin_(begin),
        measured_from_(begin + plan.warmup),
        constant_(plan.rate_per_s),
        rng_(plan.seed),
        poisson_(plan.rate_per_s, rng_) {
    if (plan_.loop == Loop::open) plan_next();
  }

  /// Of an open loop: the start that comes next; nothing once there are no more.
  const std::optional<Start>& next() const { return next_; }

  /// next() has been seen to.
  void advance() {
    count(*next_);
    plan_next();
  }

  /// Of a closed loop: a start now, unless there are to be no more.
  std::optional<Start> start_at(SteadyTime now) {
    const auto start = at(now);
    if (start) count(*start);
    return start;
  }

  SteadyTime measured_from() const { return measured_from_; }

  /// Until when starts come, as far as that is planned: a count of them ends when it ends.
  SteadyTime over_at() const { return plan_.count == 0 ? measured_from_ + plan_.duration : last_; }
  /// Whether no start comes at `now` or later.
  bool over(SteadyTime now) const {
    if (plan_.loop == Loop::open) return !next_;
    return plan_.count == 0 ? now >= over_at() : measured_ == plan_.count;
  }

 private:
  std::optional<Start> at(SteadyTime time) const {
    const bool measured = time >= measured_from_;
    const bool past = plan_.count == 0 ? time >= over_at() : measured_ == plan_.count;
    if (past) return std::nullopt;
    return Start{.number = number_, .measured = measured, .intended = time};
  }

  void count(const Start& start) {
    ++number_;
    measured_ += start.measured ? 1 : 0;
    last_ = start.intended;
  }

  void plan_next() {
    next_ = at(begin_ +
               (plan_.arrivals == Arrivals::constant ? constant_.start(number_) : poisson_.next()));
  }

  const Plan& plan_;
  const SteadyTime begin_;
  const SteadyTime measured_from_;
  const Pacer constant_;
  Rng rng_;
  PoissonPacer poisson_;
  std::optional<Start> next_;
  std::size_t number_ = 0;    ///< starts so far
  std::size_t measured_ = 0;  ///< of them
  SteadyTime last_{};         ///< when the last of them was
};

}  // namespace msdemo::load
