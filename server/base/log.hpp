// The process's log: spdlog, one line an event, on stderr or in a file that rotates.
#pragma once

#include <spdlog/spdlog.h>

#include <filesystem>
#include <string>

namespace msdemo::log {

/// Lines go to stderr: `2026-11-23T00:40:01.123Z info  order  text`.
void to_stderr(const std::string& service);

enum class Stderr {
  follows,  ///< into the file, so that what a dying process or a sanitizer prints is kept too
  stays,    ///< where it is: a person is looking at it
};

/// Lines go to `file`, which rotates at limits::kLogBytes into `file` with `.1` before its ending.
void to_file(const std::string& service, const std::filesystem::path& file,
             Stderr standard_error = Stderr::follows);

}  // namespace msdemo::log
