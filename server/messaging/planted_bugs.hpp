// Bugs planted on purpose, in a test executable of their own: a suite that passes with one of them
// proves nothing. In the program itself there are none, not even a test for them.
#pragma once

#include <cstdlib>
#include <string_view>

namespace msdemo::messaging {

#ifdef MSDEMO_PLANTED_BUGS
/// Is `bug` the one that the environment variable MSDEMO_PLANTED_BUG asks for?
inline bool planted(std::string_view bug) {
  const char* wanted = std::getenv("MSDEMO_PLANTED_BUG");
  return wanted != nullptr && bug == wanted;
}
#else
constexpr bool planted(std::string_view) {
  return false;
}
#endif

}  // namespace msdemo::messaging
