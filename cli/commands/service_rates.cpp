#include "commands/service_rates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace msdemo::commands {

namespace {

constexpr std::array<std::string_view, 3> kBreakerStates = {"closed", "half-open", "open"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kLeftOut = {
    {{"POST", "/groups/{group}/receive"}, {"GET", "/queues"}}};

bool left_out(const Sample& sample) {
  return std::ranges::count(kLeftOut, std::pair(sample.label("method"), sample.label("route"))) > 0;
}

void read_request(const Sample& sample, ServiceReading& reading) {
  if (left_out(sample)) return;
  if (sample.name.ends_with("_count")) {
    reading.requests += sample.value;
    if (sample.label("status").starts_with('5')) reading.failed += sample.value;
  } else if (sample.name.ends_with("_bucket")) {
    if (const auto bound = parse_metric_number(sample.label("le"))) {
      reading.durations[*bound] += sample.value;
    }
  }
}

BreakerState breaker_of(double value) {
  return value >= 2   ? BreakerState::open
         : value >= 1 ? BreakerState::half_open
                      : BreakerState::closed;
}

void read_peer(const Sample& sample, ServiceReading& reading) {
  struct Known {
    std::string_view name;
    double PeerReading::*member;
  };
  static constexpr std::array<Known, 6> kKnown = {{
      {"msdemo_calls_total", &PeerReading::calls},
      {"msdemo_call_attempts_total", &PeerReading::attempts},
      {"msdemo_call_attempts_failed_total", &PeerReading::attempts_failed},
      {"msdemo_call_retries_refused_total", &PeerReading::retries_refused},
      {"msdemo_calls_rejected_total", &PeerReading::rejected},
      {"msdemo_calls_in_flight", &PeerReading::in_flight},
  }};
  const std::string peer(sample.label("peer"));
  if (sample.name == "msdemo_breaker_state") {
    reading.peers[peer].breaker = breaker_of(sample.value);
    return;
  }
  const auto known = std::ranges::find(kKnown, sample.name, &Known::name);
  if (known != kKnown.end()) reading.peers[peer].*known->member = sample.value;
}

/// Whether the service was started between the two.
bool began_anew(const ServiceReading& before, const ServiceReading& after) {
  if (after.requests < before.requests || after.failed < before.failed ||
      after.shed < before.shed) {
    return true;
  }
  return std::ranges::any_of(before.peers, [&](const auto& named) {
    const auto& [peer, then] = named;
    const auto found = after.peers.find(peer);
    return found == after.peers.end() || found->second.calls < then.calls ||
           found->second.attempts < then.attempts;
  });
}

std::optional<double> share(double part, double whole) {
  return whole > 0 ? std::optional(part / whole) : std::nullopt;
}

PeerRates peer_rates(const std::string& peer, const PeerReading& then, const PeerReading& now,
                     double elapsed_s) {
  const double calls = now.calls - then.calls;
  const double attempts = now.attempts - then.attempts;
  return {.peer = peer,
          .breaker = now.breaker,
          .in_flight = now.in_flight,
          .calls_per_s = calls / elapsed_s,
          .attempts_per_call = share(attempts, calls),
          .failed = share(now.attempts_failed - then.attempts_failed, attempts),
          .rejected_per_s = (now.rejected - then.rejected) / elapsed_s,
          .retries_refused_per_s = (now.retries_refused - then.retries_refused) / elapsed_s};
}

}  // namespace

std::string_view to_string(BreakerState state) {
  return kBreakerStates.at(static_cast<std::size_t>(state));
}

std::optional<double> histogram_quantile(const Buckets& buckets, double quantile) {
  if (buckets.empty() || buckets.rbegin()->second <= 0) return std::nullopt;
  const double rank = quantile * buckets.rbegin()->second;
  double bound_below = 0;
  double count_below = 0;
  for (const auto& [bound, count] : buckets) {
    if (count >= rank && count > count_below) {
      if (std::isinf(bound)) return bound_below;
      return bound_below + (bound - bound_below) * (rank - count_below) / (count - count_below);
    }
    bound_below = bound;
    count_below = count;
  }
  return bound_below;
}

ServiceReading read_service(std::span<const Sample> samples, SteadyTime at) {
  ServiceReading reading{.at = at};
  for (const Sample& sample : samples) {
    if (sample.name.starts_with("http_server_request_duration_seconds_")) {
      read_request(sample, reading);
    } else if (sample.name == "msdemo_http_requests_shed_total") {
      reading.shed = sample.value;
    } else if (sample.name == "msdemo_http_requests_in_flight") {
      reading.in_flight = sample.value;
    } else if (sample.name == "msdemo_http_requests_queued") {
      reading.queued = sample.value;
    } else if (sample.name == "msdemo_outbox_messages") {
      reading.outbox = sample.value;
    } else {
      read_peer(sample, reading);
    }
  }
  return reading;
}

ServiceRates rates_between(const ServiceReading& before, const ServiceReading& after) {
  const double elapsed_s = std::chrono::duration<double>(after.at - before.at).count();
  const ServiceReading then = began_anew(before, after) ? ServiceReading{} : before;
  const double requests = after.requests - then.requests;
  const double failed = after.failed - then.failed;
  Buckets durations = after.durations;
  for (const auto& [bound, count] : then.durations) durations[bound] -= count;

  ServiceRates rates{.requests_per_s = requests / elapsed_s,
                     .errors = share(failed, requests),
                     .p50_s = histogram_quantile(durations, 0.5),
                     .p99_s = histogram_quantile(durations, 0.99),
                     .shed_per_s = (after.shed - then.shed) / elapsed_s,
                     .in_flight = after.in_flight,
                     .queued = after.queued,
                     .outbox = after.outbox,
                     .availability = share(requests - failed, requests)};
  for (const auto& [peer, now] : after.peers) {
    const auto found = then.peers.find(peer);
    rates.calls.push_back(peer_rates(
        peer, found == then.peers.end() ? PeerReading{} : found->second, now, elapsed_s));
    if (const auto lost = rates.calls.back().failed) {
      rates.expected = rates.expected.value_or(1) * (1 - *lost);
    }
  }
  return rates;
}

}  // namespace msdemo::commands
