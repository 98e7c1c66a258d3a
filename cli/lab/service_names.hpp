// Which services a lab has: the one list of them, and what can be said of all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msdemo::lab {

/// In the order in which they are shown.
inline const std::vector<std::string>& service_names() {
  static const std::vector<std::string> names = {"user", "order", "broker", "notify"};
  return names;
}

/// Whether a service takes messages from the broker: all but the broker itself.
inline bool consumes(std::string_view service) {
  return service != "broker";
}

/// The supervisor's own log stands beside the services' under this name.
inline constexpr const char* kSupervisorLog = "supervisor";

}  // namespace msdemo::lab
