// What `up` says when the lab is ready: where everything is, what it costs, and what to type next.
#pragma once

#include <string>

#include "commands/program.hpp"
#include "lab/session.hpp"

namespace msdemo::commands {

/// A few lines for people, with colour where `color` says so; ends with a newline.
std::string format_start_report(const lab::StartReport& report, bool color);

/// `stopped` and whatever did not want to; ends with a newline.
std::string format_stop_report(const lab::StopReport& report, bool color);

}  // namespace msdemo::commands
