// What a policy is: how a service protects itself and those it calls, and the two presets.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/limits.hpp"
#include "resilience/circuit_breaker.hpp"

namespace msdemo::resilience {

/// How calls to other services are made. From the outside in: fallback, deadline, bulkhead,
/// retries within their budget, circuit breaker, attempt.
struct CallPolicy {
  /// For a whole call with its retries, and told to the callee; nothing: what the transport gives.
  std::optional<std::chrono::milliseconds> deadline{};
  std::optional<std::chrono::milliseconds>
      attempt_timeout{};  ///< nothing: what the deadline leaves
  int retries = 0;
  std::optional<double> budget{};  ///< retries as a share of the calls; nothing: any number
  std::optional<BreakerOptions> breaker{};
  std::optional<int> bulkhead{};  ///< calls that may be under way; nothing: any number
  bool fallback = false;          ///< to what the callee said last
};

/// How an order's message gets to the broker.
enum class Publish {
  outbox,      ///< stored in the order's own transaction, published by the relay
  dual_write,  ///< published after the commit: two writes, and a crash in between loses one
};

struct Policy {
  CallPolicy call{};
  Publish publish = Publish::outbox;
  std::size_t threads = limits::kServerThreads;  ///< requests that are worked on at once
  bool shedding = false;  ///< refuses requests that waited too long for a thread
};

/// The tutorial's code: wait for as long as the transport does, and hope.
inline Policy naive() {
  return {};
}

inline Policy standard() {
  constexpr std::chrono::milliseconds kDeadline(1000);
  constexpr int kOutstanding = 256;
  constexpr double kBudget = 0.2;
  return {.call = {.deadline = kDeadline,
                   .attempt_timeout = {},
                   .retries = 2,
                   .budget = kBudget,
                   .breaker = BreakerOptions{},
                   .bulkhead = kOutstanding,
                   .fallback = false},
          .publish = Publish::outbox,
          .threads = limits::kServerThreads,
          .shedding = true};
}

}  // namespace msdemo::resilience
