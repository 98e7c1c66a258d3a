// "Did you mean …?": the nearest of the names that exist.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace msdemo::commands {

/// The name that differs from `typed` in the fewest letters (Levenshtein distance, at most a third
/// of its length and at least one); empty if none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& names);

/// `msdemo order create`
std::string full_name(const CLI::App& command);

}  // namespace msdemo::commands
