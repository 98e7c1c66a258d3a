// Ctrl-C and its relatives as something to poll, so that a lab ends by plan and not in the middle
// of whatever it was doing.
#pragma once

#include <signal.h>

#include "http/socket.hpp"

namespace msdemo::lab {

/// While this lives, SIGINT, SIGTERM and SIGHUP do not end the process but make descriptor()
/// readable, and SIGPIPE is ignored. Create it before any thread: threads inherit what it blocks.
class TerminationSignals {
 public:
  TerminationSignals();
  TerminationSignals(const TerminationSignals&) = delete;
  TerminationSignals& operator=(const TerminationSignals&) = delete;
  ~TerminationSignals();

  int descriptor() const { return descriptor_.get(); }

  /// Call when descriptor() is readable. Never blocks.
  void take();

 private:
  sigset_t before_{};
  http::FileDescriptor descriptor_;
};

}  // namespace msdemo::lab
