// The load generator's own health: what it had to do, and whether a run tells of the server or of
// the generator.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "load/outcome.hpp"

namespace msdemo::load {

/// What a run's generator had to do, besides its schedule lag.
struct Effort {
  std::size_t sent_in_time = 0;  ///< requests that left before the schedule was over
  double busy_share = 0;         ///< of the schedule's time, not spent waiting for something to do
  std::size_t not_opened = 0;    ///< connections that this machine could not open
  std::string not_opened_because{};
};

/// Empty if `outcome` tells of the server; if it tells more of the generator: how, in one sentence
/// with numbers, and what to do.
std::string why_invalid(const Outcome& outcome, const Effort& effort);

/// Watches the thread that it is used on.
class EffortMeter {
 public:
  void sent() { ++sent_; }
  void waited(std::chrono::nanoseconds time) { waited_ += time; }
  void not_opened(int error);

  /// The measured part begins.
  void begin(SteadyTime now);
  bool begun() const { return used_before_.has_value(); }

  /// All starts have been made, or should have been.
  void schedule_over(SteadyTime now);
  bool over() const { return over_; }

  /// Of one core, since the beginning, over `time`.
  double processor_share(std::chrono::nanoseconds time) const;

  /// Of a run that was left before its schedule was over, nothing is held against the generator.
  Effort effort(std::size_t started) const;

 private:
  Effort effort_;
  std::size_t sent_ = 0;
  SteadyTime begun_{};
  std::chrono::nanoseconds waited_{};
  std::chrono::nanoseconds waited_before_{};
  std::optional<std::chrono::nanoseconds> used_before_;  ///< of the processor
  bool over_ = false;
};

}  // namespace msdemo::load
