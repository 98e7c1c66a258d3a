// Did the faults of a scenario land? A fault that hit nothing proves nothing: whatever was seen
// then would have been seen without it, too.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "faults/faults.hpp"

namespace msdemo::scenario {

/// Remembers every fault that it was shown. Not thread-safe.
class FaultWatch {
 public:
  /// What a service tells of itself. Faults end with their process, and numbers begin anew in the
  /// next one, so `pid` tells them apart; a crash that landed shows in `restarts`.
  void see(std::string_view service, pid_t pid, int restarts,
           std::span<const faults::Fault> faults);

  /// Those that hit nothing as far as was seen: `fault 2 of user (latency=100ms)`.
  std::vector<std::string> missed() const;

  /// Whether a crash is among them. It may have happened, and its service not be back yet.
  bool missed_a_crash() const;

 private:
  struct Seen {
    std::string service;
    pid_t pid = 0;
    int restarts = 0;
    std::int64_t id = 0;
    std::string route;
    std::string words;  ///< `latency=100ms, first 2`
    bool crash = false;
    bool hit = false;
  };

  std::vector<Seen> seen_;
};

}  // namespace msdemo::scenario
