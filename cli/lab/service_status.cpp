#include "lab/service_status.hpp"

#include <algorithm>
#include <array>

#include "lab/service_names.hpp"

namespace msdemo::lab {

namespace {

constexpr std::array<std::string_view, 6> kStates = {"starting",   "ready",   "paused",
                                                     "restarting", "stopped", "failed"};

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

template <class T>
std::optional<T> optional(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<T>();
}

}  // namespace

std::string_view to_string(ServiceState state) {
  return kStates.at(static_cast<std::size_t>(state));
}

std::vector<std::string> restart_order(std::vector<std::string> names,
                                       const std::vector<ServiceStatus>& all) {
  std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return std::none_of(all.begin(), all.end(), [&](const ServiceStatus& status) {
      return status.state == ServiceState::ready && name_among(all, status) == name;
    });
  });
  return names;
}

Json to_json(const ServiceStatus& status) {
  return {{"service", status.service},   {"replica", status.replica},
          {"pid", or_null(status.pid)},  {"state", to_string(status.state)},
          {"url", or_null(status.url)},  {"admin_url", or_null(status.admin_url)},
          {"restarts", status.restarts}, {"last_exit", or_null(status.last_exit)}};
}

Result<ServiceStatus> parse_service_status(const Json& json) {
  try {
    const auto state =
        std::find(kStates.begin(), kStates.end(), json.at("state").get<std::string>());
    if (state == kStates.end())
      return fail(Code::invalid_reply, "a service is in an unknown state");
    return ServiceStatus{.service = json.at("service"),
                         .replica = json.at("replica"),
                         .pid = optional<pid_t>(json.at("pid")),
                         .state = static_cast<ServiceState>(state - kStates.begin()),
                         .url = optional<std::string>(json.at("url")),
                         .admin_url = optional<std::string>(json.at("admin_url")),
                         .restarts = json.at("restarts"),
                         .last_exit = optional<std::string>(json.at("last_exit"))};
  } catch (const Json::exception&) {
    return fail(Code::invalid_reply, "the lab described a service in a way nobody understands");
  }
}

}  // namespace msdemo::lab
