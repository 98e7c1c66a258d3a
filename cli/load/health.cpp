#include "load/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>

namespace msdemo::load {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr double kMedian = 0.5;
constexpr double kTail = 0.99;  ///< the quantile at which lag and latency are compared
constexpr nanoseconds kLagAlways = milliseconds(1);  ///< so much is never held against a run
constexpr double kLagShare = 0.1;                    ///< of the latency, that lag may be
constexpr double kSentShare = 0.95;                  ///< of the intended rate, that is enough
constexpr double kBusyShare = 0.8;                   ///< from here on, the generator is the limit

nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
}

double share(nanoseconds part, nanoseconds whole) {
  return whole.count() > 0 ? std::chrono::duration<double>(part) / whole : 0;
}

double ms(nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

std::string why_invalid(const Outcome& outcome, const Effort& effort) {
  if (effort.not_opened > 0) {
    return fmt::format(
        "this machine could not open {} of the connections ({}): use fewer connections, or a "
        "lower rate",
        effort.not_opened, effort.not_opened_because);
  }
  const auto due = static_cast<double>(outcome.started);
  const auto sent = static_cast<double>(effort.sent_in_time);
  const nanoseconds usual_lag = outcome.schedule_lag.quantile(kMedian);
  if (outcome.intended_per_s > 0 && sent < kSentShare * due &&
      (effort.busy_share > kBusyShare || usual_lag > kLagAlways)) {
    return fmt::format(
        "the generator sent {:.0f} % of {:.0f} requests/s in time; it was busy {:.0f} % of it and "
        "late by {:.2f} ms at the median: use a lower rate",
        100 * sent / due, outcome.intended_per_s, 100 * effort.busy_share, ms(usual_lag));
  }
  const nanoseconds lag = outcome.schedule_lag.quantile(kTail);
  const nanoseconds latency = outcome.latency.quantile(kTail);
  if (lag > kLagAlways &&
      static_cast<double>(lag.count()) > kLagShare * static_cast<double>(latency.count())) {
    return fmt::format(
        "the generator was late: p99 of its schedule lag is {:.2f} ms, p99 of the latency "
        "{:.2f} ms: use a lower rate, or let nothing else run on this machine",
        ms(lag), ms(latency));
  }
  return {};
}

void EffortMeter::not_opened(int error) {
  ++effort_.not_opened;
  effort_.not_opened_because = std::strerror(error);
}

void EffortMeter::begin(SteadyTime now) {
  begun_ = now;
  used_before_ = processor_time();
  waited_before_ = waited_;
}

void EffortMeter::schedule_over(SteadyTime now) {
  over_ = true;
  effort_.sent_in_time = sent_;
  const nanoseconds lasted = now - begun_;
  // Either alone misses some: time without the processor, and waits that were none.
  effort_.busy_share =
      std::max(1 - share(waited_ - waited_before_, lasted), processor_share(lasted));
}

double EffortMeter::processor_share(nanoseconds time) const {
  return used_before_ ? share(processor_time() - *used_before_, time) : 0;
}

Effort EffortMeter::effort(std::size_t started) const {
  Effort effort = effort_;
  if (!over_) effort.sent_in_time = started;
  return effort;
}

}  // namespace msdemo::load
