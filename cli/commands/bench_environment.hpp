// Where a bench was measured: what a reader needs to know to doubt or repeat it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "load/bench.hpp"

namespace msdemo::commands {

/// The machine and the program. What depends on the target is left empty.
load::Environment describe_environment();

/// The median of how long 4 KiB take to the disk that holds `folder` (write and fdatasync), in
/// microseconds; 0 if none can be written there.
double measure_fsync_us(const std::filesystem::path& folder);

/// The processors' time so far, in ticks (proc(5), /proc/stat).
struct ProcessorTime {
  std::uint64_t all = 0;
  std::uint64_t stolen = 0;

  static ProcessorTime now();
};

/// The share that other guests of the machine took.
double steal_share(const ProcessorTime& from, const ProcessorTime& to);

}  // namespace msdemo::commands
