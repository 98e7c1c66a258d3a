// Which services a lab has, and help for whoever mistypes one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace msdemo::lab {

/// In the order in which they are shown and started.
const std::vector<std::string>& service_names();

/// Fails with usage when a lab has no service of this name, suggesting one if it is close.
Result<void> check_service(std::string_view name);

/// Of `known`, the one that `word` was probably meant to be; empty if none is close.
std::string_view closest(std::string_view word, std::span<const std::string> known);

}  // namespace msdemo::lab
