// How long to wait before trying again.
#pragma once

#include <chrono>

#include "base/limits.hpp"
#include "base/rng.hpp"

namespace msdemo::resilience {

/// Full jitter: anything from 0 to min(cap, base·2^(attempt−1)), so that those who failed together
/// do not come back together (Brooker: "Exponential Backoff And Jitter", AWS Architecture Blog,
/// 2015). `attempt` is 1 after the first failure.
std::chrono::microseconds full_jitter(int attempt, Rng& rng,
                                      std::chrono::milliseconds base = limits::kRetryBase,
                                      std::chrono::milliseconds cap = limits::kRetryCap);

}  // namespace msdemo::resilience
