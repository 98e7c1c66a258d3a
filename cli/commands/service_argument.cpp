#include "commands/service_argument.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"
#include "commands/suggest.hpp"
#include "lab/service_names.hpp"

namespace msdemo::commands {

namespace {

constexpr int kHighestPort = 65535;

}  // namespace

Result<void> check_service(const std::string& name) {
  const auto& names = lab::service_names();
  if (std::find(names.begin(), names.end(), name) != names.end()) return {};
  const std::string meant = nearest(name, names);
  return fail(Code::usage, fmt::format("there is no service '{}'", escape_control(name)),
              meant.empty() ? fmt::format("the services are: {}", fmt::join(names, ", "))
                            : fmt::format("did you mean '{}'?", meant));
}

Result<std::map<std::string, int>> parse_fixed_ports(std::span<const std::string> values) {
  std::map<std::string, int> ports;
  std::map<std::int64_t, std::string> owners;
  for (const std::string& value : values) {
    const auto equals = value.find('=');
    const auto port = equals == std::string::npos
                          ? std::nullopt
                          : parse_integer(std::string_view(value).substr(equals + 1));
    if (!port || *port < 1 || *port > kHighestPort) {
      return fail(Code::usage,
                  fmt::format("--port {} is not SERVICE=NUMBER with a number from 1 to {}",
                              escape_control(value), kHighestPort),
                  "for example: msdemo up --port order=8001");
    }
    const std::string service = value.substr(0, equals);
    if (auto known = check_service(service); !known) return fail(std::move(known.error()));
    if (!ports.emplace(service, static_cast<int>(*port)).second) {
      return fail(Code::usage, fmt::format("--port names the service '{}' twice", service));
    }
    if (const auto [owner, fresh] = owners.emplace(*port, service); !fresh) {
      return fail(Code::usage, fmt::format("--port gives {} to both '{}' and '{}'", *port,
                                           owner->second, service));
    }
  }
  return ports;
}

}  // namespace msdemo::commands
