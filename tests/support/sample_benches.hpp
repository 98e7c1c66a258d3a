// Benches as they could have been measured, for tests of what is made of them.
#pragma once

#include <cstdint>

#include "load/bench.hpp"

namespace msdemo::test {

/// Both styles: six pairs at 400/s and a sweep in which calls bend at 1,600/s and messages later.
load::Bench usual_bench();

/// The same, but one style's generator was late too often, and it ended early.
load::Bench doubtful_bench();

/// One run of a URL, with failures.
load::Bench url_bench();

/// Six pairs in which each run varies by itself, as on a shared machine: by 3 % at its median and
/// by 10 % at its p99. All times of async are `async_factor` times what they usually are.
load::Bench noisy_bench(std::uint64_t seed, double async_factor = 1);

}  // namespace msdemo::test
