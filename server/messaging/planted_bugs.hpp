// Bugs planted on purpose, to prove that the tests notice them. Only a second executable that the
// tests build with MSDEMO_PLANTED_BUGS has them; in msdemo itself every planted() is false.
#pragma once

#include <string_view>

#ifdef MSDEMO_PLANTED_BUGS
#include <cstdlib>
#endif

namespace msdemo::messaging {

/// Whether the environment's MSDEMO_PLANTED_BUG names this one: `ack-first`, `no-inbox` or
/// `no-fencing`.
#ifdef MSDEMO_PLANTED_BUGS
inline bool planted(std::string_view bug) {
  const char* chosen = std::getenv("MSDEMO_PLANTED_BUG");
  return chosen != nullptr && bug == chosen;
}
#else
constexpr bool planted(std::string_view) {
  return false;
}
#endif

}  // namespace msdemo::messaging
