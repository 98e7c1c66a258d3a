// Calls another service the way the policy says, and says which rule decided.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "http/client.hpp"
#include "resilience/bulkhead.hpp"
#include "resilience/circuit_breaker.hpp"
#include "resilience/policies.hpp"
#include "resilience/retry_budget.hpp"
#include "trace/tracer.hpp"

namespace msdemo::http {

/// What a call is, beside its request.
struct Call {
  ClientRequest request;
  std::string route;                     ///< for spans: `/users/{id}`
  std::optional<SteadyTime> deadline{};  ///< the caller's own; the policy's may be nearer
};

/// One callee behind the policies, which are, from the outside in: deadline, bulkhead, retries
/// within their budget, circuit breaker, attempt. (The fallback is the caller's: only it knows what
/// an old answer is worth.) Every attempt is a client span, every decision an event on the span it
/// is given. Thread-safe.
class ProtectedClient {
 public:
  /// What is wrong with an answer: nothing; or an error that the request itself deserves, as the
  /// callee told it (4xx: the callee is well); or an error of the callee, which may be retried.
  using Reader = std::function<Result<void>(const ClientResponse&)>;

  /// `urls` are of its replicas, `peer` names the callee. All references must outlive the client.
  ProtectedClient(const std::vector<std::string>& urls, std::string peer,
                  resilience::Policies& policies, const Clock& clock, Rng& rng);

  /// Makes the call and hands each complete answer to `read`; what that returns last is the result.
  /// Blocks until the deadline at most, or limits::kExchangeCeiling an attempt without one.
  ///
  /// Errors besides those of `read`: bulkhead_full and breaker_open (definite: nothing was sent);
  /// those of Client::send(), of the last attempt.
  Result<void> send(const Call& call, const Reader& read, trace::Span& span);

  /// What happened since the start.
  struct Stats {
    std::int64_t calls;
    std::int64_t failed;  ///< calls whose caller got an error that was the callee's
    std::int64_t attempts;
    std::int64_t failed_attempts;
    std::int64_t retries_refused;
    std::int64_t rejected;  ///< by bulkhead or breaker: no attempt was made
    int in_flight;
    resilience::BreakerState breaker;
  };
  Stats stats() const;

  const std::string& peer() const { return peer_; }

  /// Ends every wait between attempts, now and later; attempts end in their own time.
  void stop() { stop_.stop(); }

 private:
  class Running;

  const std::string peer_;
  Client client_;
  resilience::Policies& policies_;
  const Clock& clock_;
  Rng& rng_;
  resilience::Bulkhead bulkhead_;
  resilience::RetryBudget budget_;
  resilience::CircuitBreaker breaker_{resilience::BreakerOptions{}};
  StopSignal stop_;
  std::atomic<std::int64_t> calls_ = 0;
  std::atomic<std::int64_t> failed_ = 0;
  std::atomic<std::int64_t> attempts_ = 0;
  std::atomic<std::int64_t> failed_attempts_ = 0;
  std::atomic<std::int64_t> retries_refused_ = 0;
  std::atomic<std::int64_t> rejected_ = 0;
};

}  // namespace msdemo::http
