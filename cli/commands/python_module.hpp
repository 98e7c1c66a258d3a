// Whether a program written in Python will find a module: a machine may have several Pythons.
#pragma once

#include <string>

namespace msdemo::commands {

/// Asks the Python that runs `program`, which is found as a shell does, to import `module`. Blocks
/// until it has, a few seconds at most.
bool has_python_module(const std::string& program, const std::string& module);

}  // namespace msdemo::commands
