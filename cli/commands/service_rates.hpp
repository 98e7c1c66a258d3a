// What a service did between two scrapes of its metrics, as people ask for it: how much, how fast,
// how well, and how its callees treated it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "commands/metrics_text.hpp"

namespace msdemo::commands {

enum class BreakerState { closed, half_open, open };

std::string_view to_string(BreakerState state);

/// Upper bounds in seconds (the last is infinite), and how many observations were up to each.
using Buckets = std::map<double, double>;

/// The `quantile` (0…1) of what was observed, as Prometheus' histogram_quantile() estimates it:
/// observations are taken to lie evenly within their bucket, from 0 in the first, and whatever is
/// beyond the last finite bound is told as that bound. Nothing without observations.
std::optional<double> histogram_quantile(const Buckets& buckets, double quantile);

/// How a service's calls to one other went, since its start.
struct PeerReading {
  double calls = 0;
  double attempts = 0;
  double attempts_failed = 0;
  double retries_refused = 0;
  double rejected = 0;
  double in_flight = 0;
  BreakerState breaker = BreakerState::closed;
};

/// One scrape: counters since the service's start, and how things stand.
struct ServiceReading {
  SteadyTime at{};
  double requests = 0;  ///< answered
  double failed = 0;    ///< of these, answered 5xx
  Buckets durations{};
  double shed = 0;  ///< of those answered 5xx
  std::optional<double> in_flight{};
  std::optional<double> queued{};
  std::optional<double> outbox{};
  std::map<std::string, PeerReading> peers{};
};

/// Takes from `samples` what is watched. Requests that wait for messages on purpose, and the
/// question how long queues are, which watching itself asks, are left out.
ServiceReading read_service(std::span<const Sample> samples, SteadyTime at);

struct PeerRates {
  std::string peer{};
  BreakerState breaker = BreakerState::closed;
  double in_flight = 0;
  double calls_per_s = 0;
  std::optional<double> attempts_per_call{};
  std::optional<double> failed{};  ///< share of the attempts
  double rejected_per_s = 0;       ///< calls not tried: breaker open or bulkhead full
  double retries_refused_per_s = 0;
};

/// Shares are 0…1, and nothing where there was nothing to share.
struct ServiceRates {
  double requests_per_s = 0;
  std::optional<double> errors{};  ///< share answered 5xx
  std::optional<double> p50_s{};
  std::optional<double> p99_s{};
  double shed_per_s = 0;
  std::optional<double> in_flight{};
  std::optional<double> queued{};
  std::optional<double> outbox{};
  std::optional<double> availability{};  ///< share answered otherwise: shedding is 5xx, too
  std::optional<double> expected{};      ///< product of the peers' shares of good attempts
  std::vector<PeerRates> calls{};
};

/// `before` and `after` are of one service. When a counter went back it was started again, and
/// everything counts from zero. Times must differ.
ServiceRates rates_between(const ServiceReading& before, const ServiceReading& after);

}  // namespace msdemo::commands
