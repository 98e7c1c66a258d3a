// Services as people name them on the command line: checked before anything is done, with help for
// whoever mistypes one.
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/error.hpp"

namespace msdemo::commands {

/// Fails with usage when no lab has a service (`order`) or replica (`order-2`) of this name,
/// suggesting one if it is close.
Result<void> check_service(const std::string& name);

/// Reads the values of `--port`, each `SERVICE=NUMBER` with NUMBER in 1…65535, into a map from
/// service to port. Fails with usage on anything else, and on a service that does not exist or is
/// named twice.
Result<std::map<std::string, int>> parse_fixed_ports(std::span<const std::string> values);

/// The same for `--consumers`: NUMBER in 1…limits::kConsumers, and only for services that consume.
Result<std::map<std::string, int>> parse_consumers(std::span<const std::string> values);

/// The same for `--replicas`, also several in one value (`order=3,user=2`): NUMBER in
/// 1…limits::kReplicas, and only for services of which there can be several.
Result<std::map<std::string, int>> parse_replicas(std::span<const std::string> values);

/// A fixed port is its service's first replica's; the next ones have the numbers that follow. Fails
/// with usage where these meet another fixed port or the end of all ports.
Result<void> check_ports(const std::map<std::string, int>& ports,
                         const std::map<std::string, int>& replicas);

}  // namespace msdemo::commands
