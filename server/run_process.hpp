// The process around a service: what it is to the kernel, and what ends it.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace msdemo {

/// The signals that end a service, blocked so that only asked_to_end() sees them.
sigset_t block_ending_signals();

/// A full disk or a gone reader is an error code here, never the death of the process; every
/// connection may need a descriptor; and throughput goes before the speed of a single wake-up.
void prepare_process();

/// Waits until a signal comes or the lifeline ends, and says so in the log; false if neither did
/// within `longest`. What ended it stays pending: asking again is answered at once.
bool asked_to_end(const sigset_t& signals, const std::optional<int>& lifeline_fd,
                  std::optional<std::chrono::milliseconds> longest = std::nullopt);

}  // namespace msdemo
