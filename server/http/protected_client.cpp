#include "http/protected_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "resilience/backoff.hpp"

namespace msdemo::http {

namespace {

using resilience::CallPolicy;
using resilience::CallResult;
using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

/// One attempt, and what its answer says about the callee.
struct Attempt {
  Result<void> result;
  CallResult verdict = CallResult::success;
  int status = 0;  ///< 0: no answer
  std::optional<seconds> retry_after{};
};

bool is_requests_own(const Error& error) {
  return info(error.code).http_status / 100 == 4;
}

CallResult verdict_on(const Result<void>& result) {
  if (result || is_requests_own(result.error())) return CallResult::success;
  return result.error().code == Code::overloaded ? CallResult::ignored : CallResult::failure;
}

std::optional<seconds> retry_after_of(const ClientResponse& response) {
  const auto header = response.header("Retry-After");
  const auto value = header ? parse_integer(*header) : std::nullopt;
  if (!value || *value < 0) return std::nullopt;
  return seconds(std::min<std::int64_t>(*value, limits::kBreakerOpen.count()));
}

}  // namespace

/// One call under way.
class ProtectedClient::Running {
 public:
  Running(ProtectedClient& client, const Call& call, const Reader& read, trace::Span& span)
      : client_(client),
        call_(call),
        read_(read),
        span_(span),
        policy_(client.policies_.get().call),
        deadline_(call.deadline) {
    const SteadyTime now = client.clock_.steady_now();
    if (policy_.deadline && (!deadline_ || now + *policy_.deadline < *deadline_)) {
      deadline_ = now + *policy_.deadline;
    }
  }

  Result<void> run() {
    const int places = policy_.bulkhead.value_or(std::numeric_limits<int>::max());
    const resilience::Bulkhead::Place place(client_.bulkhead_, places);
    if (!place.taken()) {
      ++client_.rejected_;
      const std::string rule =
          fmt::format("bulkhead full: {} calls to {} are under way", places, client_.peer_);
      span_.decide("policy.bulkhead", rule);
      return fail(Code::bulkhead_full, rule, "try again later");
    }
    client_.budget_.call(client_.clock_.steady_now());
    for (int retries = 0;; ++retries) {
      auto attempt = try_once();
      if (!attempt) return fail(std::move(attempt.error()));
      if (attempt->verdict == CallResult::success) return std::move(attempt->result);
      if (!wait_for_retry(retries, *attempt)) return std::move(attempt->result);
    }
  }

 private:
  /// How long the next attempt may take.
  milliseconds time_left(SteadyTime now) const {
    milliseconds left = limits::kExchangeCeiling;
    if (deadline_) left = ceil<milliseconds>(*deadline_ - now);
    return policy_.attempt_timeout ? std::min(left, *policy_.attempt_timeout) : left;
  }

  /// Fails, without an attempt, if the breaker lets none through.
  Result<Attempt> try_once() {
    const SteadyTime began = client_.clock_.steady_now();
    const milliseconds left = time_left(began);
    if (left <= milliseconds(0)) {
      span_.decide("policy.deadline", "no attempt: the deadline has passed");
      return Attempt{.result = fail(Code::timeout, "the deadline passed before the call began"),
                     .verdict = CallResult::failure};
    }
    auto permit =
        policy_.breaker ? client_.breaker_.acquire(began) : resilience::CircuitBreaker::Permit{};
    if (!permit) {
      ++client_.rejected_;
      const std::string why = client_.breaker_.explain(began);
      span_.decide("policy.breaker", fmt::format("breaker {}", why));
      return fail(Error{.code = Code::breaker_open,
                        .message = fmt::format("the breaker for {} is {}", client_.peer_, why),
                        .retry_after = retry_after_open()});
    }
    ++client_.attempts_;
    Attempt attempt = exchange(left);
    const SteadyTime ended = client_.clock_.steady_now();
    if (attempt.verdict == CallResult::failure) ++client_.failed_attempts_;
    if (policy_.breaker) judge(*permit, attempt.verdict, ended - began, ended);
    return attempt;
  }

  Attempt exchange(milliseconds left) {
    ClientRequest request = call_.request;
    request.once = true;  // whoever repeats is the policy, and says so
    if (deadline_) request.headers.emplace_back("X-Deadline-Ms", std::to_string(left.count()));
    const auto response = client_.client_.send(request, left, &span_, call_.route);
    if (!response) {
      Attempt attempt{.result = fail(response.error())};
      attempt.verdict = verdict_on(attempt.result);
      return attempt;
    }
    Attempt attempt{.result = read_(*response), .status = response->status};
    attempt.verdict = verdict_on(attempt.result);
    if (attempt.status >= 500) attempt.retry_after = retry_after_of(*response);
    return attempt;
  }

  void judge(const resilience::CircuitBreaker::Permit& permit, CallResult verdict,
             std::chrono::nanoseconds took, SteadyTime now) {
    const bool changed = client_.breaker_.record(permit, verdict, took, now);
    if (!span_.recording() || (verdict == CallResult::success && !changed)) return;
    span_.decide("policy.breaker", fmt::format("breaker {}", client_.breaker_.explain(now)));
  }

  seconds retry_after_open() const {
    return std::max(ceil<seconds>(policy_.breaker->open), seconds(1));
  }

  /// Waits, and is true, if the policies allow another attempt.
  bool wait_for_retry(int retries, const Attempt& attempt) {
    if (policy_.retries == 0) return false;
    if (retries >= policy_.retries) {
      return refuse(fmt::format("{} of {} retries are used: {}", retries, policy_.retries,
                                describe(attempt)));
    }
    if (!is_safe(call_.request.method) && !attempt.result.error().definite()) {
      return refuse("it may have happened, and must not happen twice");
    }
    std::chrono::microseconds delay = resilience::full_jitter(retries + 1, client_.rng_);
    const SteadyTime now = client_.clock_.steady_now();
    if (attempt.retry_after) {
      delay = std::max<std::chrono::microseconds>(delay, *attempt.retry_after);
    }
    if (deadline_ && now + delay >= *deadline_) {
      return refuse(
          attempt.retry_after
              ? fmt::format("{} asks for {} s, and the deadline leaves {} ms", client_.peer_,
                            attempt.retry_after->count(), left_ms(now))
              : fmt::format("the deadline of {} leaves {} ms", describe_deadline(), left_ms(now)));
    }
    if (policy_.budget && !client_.budget_.spend(*policy_.budget, now)) {
      const auto used = client_.budget_.count(now);
      return refuse(
          fmt::format("budget spent ({} retries for {} calls in {} s; {:g} % and {} are "
                      "allowed)",
                      used.retries, used.calls, limits::kBudgetWindow.count(),
                      *policy_.budget * 100, limits::kBudgetReserve));
    }
    if (span_.recording()) {
      span_.decide("policy.retry",
                   fmt::format("retry {} of {} after {} ms: {}", retries + 1, policy_.retries,
                               ceil<milliseconds>(delay).count(), describe(attempt)));
    }
    const trace::Span waiting = span_.child("wait to retry");
    return client_.stop_.wait(delay);
  }

  std::string describe(const Attempt& attempt) const {
    const std::string& message = attempt.result.error().message;
    if (attempt.status == 0) return fmt::format("{}: {}", client_.peer_, message);
    if (attempt.status >= 400) return fmt::format("{} answered {}", client_.peer_, attempt.status);
    return fmt::format("{} answered {}, but {}", client_.peer_, attempt.status, message);
  }

  bool refuse(const std::string& because) {
    ++client_.retries_refused_;
    span_.decide("policy.retry_refused", "retry refused: " + because);
    return false;
  }

  std::int64_t left_ms(SteadyTime now) const {
    return std::max<std::int64_t>(0, floor<milliseconds>(*deadline_ - now).count());
  }

  std::string describe_deadline() const {
    return policy_.deadline ? format_duration(*policy_.deadline) : "the caller";
  }

  ProtectedClient& client_;
  const Call& call_;
  const Reader& read_;
  trace::Span& span_;
  const CallPolicy policy_;
  std::optional<SteadyTime> deadline_;
};

ProtectedClient::ProtectedClient(const std::vector<std::string>& urls, std::string peer,
                                 resilience::Policies& policies, const Clock& clock, Rng& rng)
    : peer_(std::move(peer)), client_(urls, peer_), policies_(policies), clock_(clock), rng_(rng) {
  policies_.follow([this, options = std::optional<resilience::BreakerOptions>()](
                       const resilience::Policy& policy) mutable {
    if (policy.call.breaker == options) return;
    options = policy.call.breaker;
    breaker_.reset(options.value_or(resilience::BreakerOptions{}));
  });
}

Result<void> ProtectedClient::send(const Call& call, const Reader& read, trace::Span& span) {
  ++calls_;
  Result<void> result = Running(*this, call, read, span).run();
  if (verdict_on(result) != CallResult::success) ++failed_;
  return result;
}

ProtectedClient::Stats ProtectedClient::stats() const {
  return {.calls = calls_,
          .failed = failed_,
          .attempts = attempts_,
          .failed_attempts = failed_attempts_,
          .retries_refused = retries_refused_,
          .rejected = rejected_,
          .in_flight = bulkhead_.inside(),
          .breaker = breaker_.state(clock_.steady_now())};
}

}  // namespace msdemo::http
