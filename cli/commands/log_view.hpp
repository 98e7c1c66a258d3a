// How a line of a service's log is shown, in `logs` and under `up`.
#pragma once

#include <cstddef>
#include <string>

#include "lab/log_file.hpp"

namespace msdemo::commands {

/// `order  00:40:01.123  text`, control characters escaped, the service padded to `width` columns;
/// with `color` in the colour that the service has on timelines, and problems in theirs.
std::string format_log_line(const lab::LogLine& line, std::size_t width, bool color);

}  // namespace msdemo::commands
