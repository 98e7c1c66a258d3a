// The commands that a learner needs beside all others.
#pragma once

#include <CLI/CLI.hpp>

#include "commands/program.hpp"

namespace msdemo::commands {

void add_tutorial(CLI::App& app, Program& program);
void add_url(CLI::App& app, Program& program);

}  // namespace msdemo::commands
