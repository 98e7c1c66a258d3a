// A learner's lab as the checks of exercises see it: what is set, what was hit, what was stored and
// what was measured. Looking changes nothing, and leaves no trace.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/rng.hpp"
#include "commands/metrics_text.hpp"
#include "commands/service_policy.hpp"
#include "faults/faults.hpp"
#include "lab/client.hpp"
#include "messaging/queue_inspector.hpp"
#include "trace/span.hpp"

namespace msdemo::commands {

/// The spans of one trace.
using Trace = std::vector<trace::SpanRecord>;

/// Used by one thread. Everything blocks for the exchanges that it needs; what cannot be fetched is
/// an error as of call(), and then nothing can be judged.
class LearnersLab {
 public:
  LearnersLab(lab::Lab lab, std::optional<double> answer)
      : answer_(answer), lab_(std::move(lab)), rng_(random_seed()) {}

  /// `--answer`
  std::optional<double> answer() const { return answer_; }

  Result<std::vector<lab::ServiceStatus>> services() { return lab_.services(); }
  Result<Policy> policy(const std::string& service);
  Result<std::vector<faults::Fault>> faults(const std::string& service);

  /// What a service counted since its start.
  Result<std::vector<Sample>> metrics(const std::string& service);

  /// The same of each of its processes, in their order.
  Result<std::vector<std::vector<Sample>>> metrics_of_all(const std::string& service);

  /// All orders, oldest first, as the order service has them.
  Result<std::vector<Json>> orders();

  /// How many receipts the notify service has for an order.
  Result<std::size_t> receipts(std::int64_t order_id);

  /// What waits in the broker for whom, and what nobody could handle, at most 50.
  Result<std::vector<messaging::QueueState>> queues();
  Result<std::vector<messaging::DeadLetter>> dead_letters();

  /// The traces in which orders were placed, newest first, at most 200.
  Result<std::vector<Trace>> traces();

 private:
  Result<lab::Replica> first_replica(const std::string& service) const;
  Result<Json> get(const std::string& service, const std::string& target);
  Result<std::unique_ptr<messaging::QueueInspector>> inspector();

  const std::optional<double> answer_;
  lab::Lab lab_;
  Rng rng_;
};

/// The first span of this name that `service` recorded; null if there is none.
const trace::SpanRecord* find_span(const Trace& spans, std::string_view service,
                                   std::string_view name);

/// The order service's span of the request that placed the order; null if there is none.
const trace::SpanRecord* placing_span(const Trace& spans);

/// The status that a span says was answered; 0 if it does not.
std::int64_t status_of(const trace::SpanRecord& span);

double milliseconds_of(const trace::SpanRecord& span);

/// The value of a setting; empty if the service has none of this name.
std::string setting(const Policy& policy, std::string_view key);

}  // namespace msdemo::commands
