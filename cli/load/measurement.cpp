#include "load/measurement.hpp"

#include <algorithm>

namespace msdemo::load {

using std::chrono::nanoseconds;

void Measurement::begin(SteadyTime now) {
  begin_ = now;
  changed_ = now;
}

void Measurement::started(SteadyTime now, SteadyTime intended) {
  ++outcome_.started;
  outcome_.schedule_lag.record(now - intended);
  outstanding_ns_ += static_cast<double>(nanoseconds(now - intended).count());
  change_outstanding(now, true);
}

void Measurement::succeeded(SteadyTime now, SteadyTime intended, SteadyTime sent) {
  ++outcome_.succeeded;
  outcome_.latency.record(now - intended);
  outcome_.latency_uncorrected.record(now - sent);
  change_outstanding(now, false);
}

void Measurement::failed(SteadyTime now, std::string_view name, bool definite) {
  auto& kinds = outcome_.failures;  // so few that looking through them is quickest
  auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Failures& each) {
    return each.name == name && each.definite == definite;
  });
  if (kind == kinds.end()) kind = kinds.insert(kind, {std::string(name), 0, definite});
  ++kind->count;
  change_outstanding(now, false);
}

void Measurement::change_outstanding(SteadyTime now, bool more) {
  outstanding_ns_ +=
      static_cast<double>(outstanding_) * static_cast<double>(nanoseconds(now - changed_).count());
  changed_ = now;
  more ? ++outstanding_ : --outstanding_;
}

Outcome Measurement::finish(SteadyTime scheduled) {
  return result(std::max(scheduled, changed_));
}

Outcome Measurement::leave(SteadyTime now) {
  outcome_.started -= outstanding_;
  return result(now);
}

Outcome Measurement::result(SteadyTime end) {
  outstanding_ns_ +=
      static_cast<double>(outstanding_) * static_cast<double>(nanoseconds(end - changed_).count());
  outcome_.measured = std::max(nanoseconds(end - begin_), nanoseconds(0));
  if (outcome_.measured > nanoseconds(0)) {
    outcome_.mean_outstanding = outstanding_ns_ / static_cast<double>(outcome_.measured.count());
  }
  std::stable_sort(outcome_.failures.begin(), outcome_.failures.end(),
                   [](const Failures& a, const Failures& b) { return a.count > b.count; });
  return std::move(outcome_);
}

}  // namespace msdemo::load
