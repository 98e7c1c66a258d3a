#include "commands/service_argument.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "lab/service_names.hpp"

namespace msdemo::commands {

namespace {

constexpr int kHighestPort = 65535;

/// `order` for `order-2`; anything that is no name of a replica as it is.
std::string without_replica(const std::string& name) {
  const auto dash = name.rfind('-');
  const auto number =
      dash == name.npos ? std::nullopt : parse_integer(std::string_view(name).substr(dash + 1));
  const bool replica = number && *number >= 1 && *number <= limits::kReplicas;
  return replica ? name.substr(0, dash) : name;
}

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
    if (service != without_replica(service)) {
      return fail(Code::usage, fmt::format("{} names a service, not one of its replicas", option));
    }
    if (!numbers.emplace(service, static_cast<int>(*number)).second) {
      return fail(Code::usage, fmt::format("{} names the service '{}' twice", option, service));
    }
  }
  return numbers;
}

}  // namespace

Result<void> check_service(const std::string& name) {
  const auto& names = lab::service_names();
  if (std::find(names.begin(), names.end(), without_replica(name)) != names.end()) return {};
  const std::string meant = nearest(name, names);
  return fail(Code::usage, fmt::format("there is no service '{}'", escape_control(name)),
              meant.empty() ? fmt::format("the services are: {}", fmt::join(names, ", "))
                            : fmt::format("did you mean '{}'?", meant));
}

Result<std::map<std::string, int>> parse_fixed_ports(std::span<const std::string> values) {
  return parse_numbers("--port", values, kHighestPort, "order=8001");
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

Result<std::map<std::string, int>> parse_replicas(std::span<const std::string> values) {
  std::vector<std::string> single;
  for (std::string_view rest : values) {
    for (;;) {
      const auto comma = std::min(rest.find(','), rest.size());
      single.emplace_back(rest.substr(0, comma));
      if (comma == rest.size()) break;
      rest.remove_prefix(comma + 1);
    }
  }
  auto replicas = parse_numbers("--replicas", single, limits::kReplicas, "order=3,user=2");
  if (!replicas) return replicas;
  if (const auto broker = replicas->find("broker"); broker != replicas->end()) {
    if (broker->second > 1) {
      return fail(Code::usage, "the lab's own broker is one process: its messages are in one file",
                  "for more than one machine: --broker amqp://… or kafka://…");
    }
    replicas->erase(broker);
  }
  return replicas;
}

Result<void> check_ports(const std::map<std::string, int>& ports,
                         const std::map<std::string, int>& replicas) {
  std::map<int, std::string> owners;
  for (const auto& [service, first] : ports) {
    const auto count = replicas.find(service);
    const int last = first + (count == replicas.end() ? 1 : count->second) - 1;
    if (last > kHighestPort) {
      return fail(
          Code::usage,
          fmt::format("--port {}={} leaves no ports for its other replicas", service, first),
          fmt::format("the highest port is {}", kHighestPort));
    }
    for (int port = first; port <= last; ++port) {
      const auto [owner, fresh] = owners.emplace(port, service);
      if (fresh) continue;
      return fail(
          Code::usage,
          fmt::format("--port gives {} to both '{}' and '{}'", port, owner->second, service),
          "replicas have the numbers that follow their service's port");
    }
  }
  return {};
}

}  // namespace msdemo::commands
