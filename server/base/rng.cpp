#include "base/rng.hpp"

#include <random>

namespace msdemo {

std::uint64_t Rng::next() {
  std::uint64_t z;
  {
    const std::lock_guard lock(mutex_);
    z = (state_ += 0x9e3779b97f4a7c15U);
  }
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace msdemo
