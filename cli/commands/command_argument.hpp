// `up --cmd SERVICE=COMMAND`: programs in place of the lab's own services, checked before anything
// is started.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/error.hpp"
#include "lab/plan.hpp"

namespace msdemo::commands {

/// Reads the values of `--cmd` into a map from service to command, which is to run in `folder`.
/// Fails with usage on a service that cannot be replaced or is named twice, and as
/// lab::parse_foreign_command().
Result<std::map<std::string, lab::ForeignCommand>> parse_commands(
    std::span<const std::string> values, const std::filesystem::path& folder);

/// Fails with usage where foreign programs cannot go together with the lab's other options.
Result<void> check_commands(const lab::LabOptions& options);

}  // namespace msdemo::commands
