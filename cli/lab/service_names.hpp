// Which services a lab has, and what their processes are called: the one list of them, and what can
// be said of all.
#pragma once

#include <algorithm>
#include <cstddef>
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

/// `order` for the only process of a service, `order-2` for the second of several.
inline std::string replica_name(const std::string& service, int replica, int replicas) {
  return replicas == 1 ? service : service + "-" + std::to_string(replica);
}

/// What `one` of a lab's processes is called, `all` being all of them.
template <class Process>
std::string name_among(const std::vector<Process>& all, const Process& one) {
  const auto replicas = std::count_if(
      all.begin(), all.end(), [&](const Process& other) { return other.service == one.service; });
  return replica_name(one.service, one.replica, static_cast<int>(replicas));
}

}  // namespace msdemo::lab
