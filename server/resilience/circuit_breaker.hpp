// The circuit breaker: stops calling what keeps failing, and looks now and then whether it still
// does (Nygard: "Release It!", 2007; the states' names are its own).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace msdemo::resilience {

struct BreakerOptions {
  std::size_t window = 20;   ///< calls it remembers
  std::size_t minimum = 10;  ///< calls before it judges
  double failures = 0.5;     ///< opens when this share of them failed, or was slow
  std::optional<std::chrono::milliseconds> slow{};  ///< what counts as slow; nothing: no call
  std::chrono::milliseconds open{5000};             ///< how long before it probes
  std::size_t probes = 5;                           ///< calls that decide whether it closes

  bool operator==(const BreakerOptions&) const = default;
};

enum class BreakerState { closed, half_open, open };

/// `closed`, `half-open`, `open`.
std::string_view to_string(BreakerState state);

/// What one call says about the callee.
enum class CallResult {
  success,
  failure,
  ignored,  ///< nothing: it sheds load, which a healthy service does
};

/// Closed: all calls pass, and the last `window` of them are remembered; from `minimum` on it opens
/// when the share of failed ones, or of slow ones, is `failures` or more. Open: no call passes.
/// After `open` it is half-open: `probes` calls pass, and it opens again as soon as so many of them
/// failed (or were slow) that their share must reach `failures`, else closes when all are back.
/// Results of calls that began in an earlier state count for nothing. Thread-safe, never blocks for
/// long; pure but for the clock's readings it is given, which must not go back.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(const BreakerOptions& options) : options_(options) {}

  /// Leave to make one call; record() must follow.
  struct Permit {
    std::uint64_t period;  ///< which state it was given in
  };

  /// Nothing if the call must not be made.
  std::optional<Permit> acquire(SteadyTime now);

  /// True when this result changed the state.
  bool record(const Permit& permit, CallResult result, std::chrono::nanoseconds took,
              SteadyTime now);

  BreakerState state(SteadyTime now) const;

  /// The state and what led to it, with numbers: `closed: 3 of 4 calls failed, but it judges from
  /// 10`.
  std::string explain(SteadyTime now) const;

  /// Other options, and a fresh start.
  void reset(const BreakerOptions& options);

 private:
  enum Mark : std::uint8_t { kGood = 0, kFailed = 1, kSlow = 2 };

  bool half_open_begins(SteadyTime now) const;
  void enter(BreakerState state, SteadyTime now);
  void remember(Mark mark);
  bool judge(SteadyTime now);
  bool too_many(std::size_t bad, std::size_t of) const;

  mutable std::mutex mutex_;  ///< guards everything below
  BreakerOptions options_;
  BreakerState state_ = BreakerState::closed;
  std::uint64_t period_ = 0;
  std::vector<Mark> marks_;  ///< of the window, or of the probes that are back
  std::size_t oldest_ = 0;   ///< in marks_ once the window is full
  std::size_t failed_ = 0;
  std::size_t slow_ = 0;
  std::size_t probes_out_ = 0;
  SteadyTime opened_{};
  std::string opened_because_;
};

}  // namespace msdemo::resilience
