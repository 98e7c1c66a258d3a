// Services as people name them on the command line: checked before anything is done, with help for
// whoever mistypes one.
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/error.hpp"

namespace msdemo::commands {

/// Fails with usage when a lab has no service of this name, suggesting one if it is close.
Result<void> check_service(const std::string& name);

/// Reads the values of `--port`, each `SERVICE=NUMBER` with NUMBER in 1…65535, into a map from
/// service to port. Fails with usage on anything else, on a service that does not exist or is named
/// twice, and on a port that is given twice.
Result<std::map<std::string, int>> parse_fixed_ports(std::span<const std::string> values);

/// The same for `--consumers`: NUMBER in 1…limits::kConsumers, and only for services that consume.
Result<std::map<std::string, int>> parse_consumers(std::span<const std::string> values);

/// Accepts `--replicas SERVICE=1` and fails with usage on everything else, telling what more than
/// one replica would need.
Result<void> check_replicas(std::span<const std::string> values);

}  // namespace msdemo::commands
