#include "commands/service_argument.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "lab/service_names.hpp"

namespace msdemo::commands {

namespace {

constexpr int kHighestPort = 65535;

/// The values of `option`, each `SERVICE=NUMBER` with NUMBER in 1…`highest` and a service that is
/// there and named once.
Result<std::map<std::string, int>> parse_numbers(std::string_view option,
                                                 std::span<const std::string> values, int highest,
                                                 std::string_view example) {
  std::map<std::string, int> numbers;
  for (const std::string& value : values) {
    const auto equals = value.find('=');
    const auto number = equals == std::string::npos
                            ? std::nullopt
                            : parse_integer(std::string_view(value).substr(equals + 1));
    if (!number || *number < 1 || *number > highest) {
      return fail(Code::usage,
                  fmt::format("{} {} is not SERVICE=NUMBER with a number from 1 to {}", option,
                              escape_control(value), highest),
                  fmt::format("for example: msdemo up {} {}", option, example));
    }
    const std::string service = value.substr(0, equals);
    if (auto known = check_service(service); !known) return fail(std::move(known.error()));
    if (!numbers.emplace(service, static_cast<int>(*number)).second) {
      return fail(Code::usage, fmt::format("{} names the service '{}' twice", option, service));
    }
  }
  return numbers;
}

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
  auto ports = parse_numbers("--port", values, kHighestPort, "order=8001");
  if (!ports) return ports;
  std::map<int, std::string> owners;
  for (const auto& [service, port] : *ports) {
    if (const auto [owner, fresh] = owners.emplace(port, service); !fresh) {
      return fail(Code::usage, fmt::format("--port gives {} to both '{}' and '{}'", port,
                                           owner->second, service));
    }
  }
  return ports;
}

Result<std::map<std::string, int>> parse_consumers(std::span<const std::string> values) {
  auto consumers = parse_numbers("--consumers", values, limits::kConsumers, "user=4");
  if (!consumers) return consumers;
  for (const auto& [service, number] : *consumers) {
    if (!lab::consumes(service)) {
      return fail(Code::usage, fmt::format("the service '{}' consumes no messages", service),
                  "user, order and notify do, for example: msdemo up --consumers user=4");
    }
  }
  return consumers;
}

Result<void> check_replicas(std::span<const std::string> values) {
  const auto replicas = parse_numbers("--replicas", values, limits::kConsumers, "order=1");
  if (!replicas) return fail(replicas.error());
  for (const auto& [service, number] : *replicas) {
    if (number == 1) continue;
    return fail(Code::usage,
                fmt::format("{} replicas of '{}' need an external database and an external broker; "
                            "that is a later step",
                            number, service),
                "for competing consumers inside one service: msdemo up --consumers user=4");
  }
  return {};
}

}  // namespace msdemo::commands
