// Several services' logs as one stream in the order of time, as it is and as it grows.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "lab/log_file.hpp"
#include "lab/state.hpp"

namespace msdemo::lab {

/// Reads the logs of `services` in a lab's folder; files that do not exist yet are waited for.
/// Belongs to one thread at a time.
class LogFollower {
 public:
  LogFollower(const StateFolder& folder, std::span<const std::string> services);

  /// Begins at what is written from now on.
  void skip_to_end();

  /// The last `count` lines of all logs together, by time.
  std::vector<LogLine> last(std::size_t count);

  using Sink = std::function<void(const LogLine&)>;

  /// Gives `sink` every further line, woken by the kernel when there are some, until
  /// `stop_descriptor` (-1: never) is readable; what is written by then is still given. Fails with
  /// lab_failed when the folder cannot be watched.
  Result<void> follow(int stop_descriptor, const Sink& sink);

 private:
  void give_more(const Sink& sink);

  std::filesystem::path folder_;
  std::vector<LogFile> files_;
};

}  // namespace msdemo::lab
