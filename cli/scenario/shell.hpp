// Runs one command line as a person would in a terminal, with a time limit, and leaves none of its
// processes behind.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace msdemo::scenario {

struct ShellLimits {
  std::chrono::milliseconds time;
  std::size_t output_bytes;
};

/// How a command line ended.
struct ShellOutcome {
  enum class End { exited, out_of_time, too_much_output, interrupted };

  End end = End::exited;
  int exit_code = -1;  ///< if it exited; 128 + the signal if one ended it, as a shell tells it
  std::string output;  ///< stdout and stderr, as they came
};

/// Runs `bash -c text` in `folder` with this process's environment, nothing on stdin, and a process
/// group of its own, which is killed when the shell has ended or has to end: a command that is to
/// live on must leave the group, as `up -d` does. `on_output` is told what comes as it comes.
/// `interrupt_fd` ends it when it becomes readable. Fails with internal when it cannot be started.
Result<ShellOutcome> run_shell(const std::string& text, const std::string& folder,
                               const ShellLimits& limits, int interrupt_fd,
                               const std::function<void(std::string_view)>& on_output);

}  // namespace msdemo::scenario
