// `trace export`: a trace as a file that other programs open. It exists apart from `trace show`
// because a picture in a terminal cannot be handed on.
#pragma once

#include "commands/program.hpp"

namespace msdemo::commands {

/// Adds `export` to the command `trace`.
void add_trace_export(CLI::App& trace, Program& program);

}  // namespace msdemo::commands
