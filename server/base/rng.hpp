// Chance as a dependency: a seeded generator, so that any run can be replayed from its seed.
#pragma once

#include <cstdint>
#include <mutex>

namespace msdemo {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
/// Thread-safe. Not for secrets.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();

 private:
  std::mutex mutex_;  ///< guards state_
  std::uint64_t state_;
};

/// A seed from the operating system's entropy.
std::uint64_t random_seed();

}  // namespace msdemo
