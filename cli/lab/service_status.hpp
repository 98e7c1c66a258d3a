// What `ps` tells about a service, as the supervisor sends it and a command reads it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace msdemo::lab {

enum class ServiceState { starting, ready, paused, restarting, stopped, failed };

std::string_view to_string(ServiceState state);

/// One line of `ps`.
struct ServiceStatus {
  std::string service;
  int replica = 1;
  std::optional<pid_t> pid;
  ServiceState state = ServiceState::stopped;
  std::optional<std::string> url;
  std::optional<std::string> admin_url;
  int restarts = 0;  ///< how often it was started again without anybody asking for `start`
  std::optional<std::string>
      last_exit;  ///< `killed by SIGKILL`, `exit 70`; nothing if it never ended
};

/// In which order replicas, by name, are restarted one after another: first those that are not
/// ready, so that one comes back before the next one leaves. `all` are the lab's processes.
std::vector<std::string> restart_order(std::vector<std::string> names,
                                       const std::vector<ServiceStatus>& all);

Json to_json(const ServiceStatus& status);

/// The reverse; fails with invalid_reply when `json` is no such line.
Result<ServiceStatus> parse_service_status(const Json& json);

}  // namespace msdemo::lab
