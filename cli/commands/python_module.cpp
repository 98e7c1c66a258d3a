#include "commands/python_module.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "lab/foreign_command.hpp"
#include "scenario/shell.hpp"

namespace msdemo::commands {

namespace {

/// What its first line names: `/usr/bin/python3`, `/usr/bin/env python3`.
std::string interpreter_of(const std::filesystem::path& script) {
  std::string line;
  std::ifstream in(script);
  std::getline(in, line);
  const bool named = line.starts_with("#!") && line.find("python") != line.npos;
  return named ? line.substr(2) : "python3";
}

}  // namespace

bool has_python_module(const std::string& program, const std::string& module) {
  constexpr scenario::ShellLimits kLimits{std::chrono::seconds(10), 64 * 1024};
  const auto script = lab::find_program(program, "/");
  const auto outcome =
      scenario::run_shell(fmt::format("{} -c 'import {}'", interpreter_of(script), module), "/",
                          kLimits, -1, [](std::string_view) {});
  return outcome && outcome->end == scenario::ShellOutcome::End::exited && outcome->exit_code == 0;
}

}  // namespace msdemo::commands
