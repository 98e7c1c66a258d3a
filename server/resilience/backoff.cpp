#include "resilience/backoff.hpp"

#include <algorithm>
#include <cstdint>

namespace msdemo::resilience {

std::chrono::microseconds full_jitter(int attempt, Rng& rng, std::chrono::milliseconds base,
                                      std::chrono::milliseconds cap) {
  using std::chrono::microseconds;
  constexpr int kDoublingsMax = 30;  // past any cap, and far from overflow
  const int doublings = std::clamp(attempt - 1, 0, kDoublingsMax);
  const microseconds most =
      std::min<microseconds>(cap, microseconds(base) * (std::int64_t{1} << doublings));
  return microseconds(
      static_cast<std::int64_t>(rng.next() % (static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace msdemo::resilience
