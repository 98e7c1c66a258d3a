// Which services a lab has: the one list of them.
#pragma once

#include <string>
#include <vector>

namespace msdemo::lab {

/// In the order in which they are shown.
inline const std::vector<std::string>& service_names() {
  static const std::vector<std::string> names = {"user", "order"};
  return names;
}

/// The supervisor's own log stands beside the services' under this name.
inline constexpr const char* kSupervisorLog = "supervisor";

}  // namespace msdemo::lab
