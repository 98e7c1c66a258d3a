// What a suggestion needs beside the nearest of the names that exist.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/text.hpp"

namespace msdemo::commands {

/// `msdemo order create`
std::string full_name(const CLI::App& command);

}  // namespace msdemo::commands
