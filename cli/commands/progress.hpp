// Tells a person who waits how far a command has come.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace msdemo::commands {

/// A line in place on stderr, on a terminal and not before a second has passed.
class Progress {
 public:
  /// Counts to `total`: `3 of 20 orders placed`, the last words being `what`.
  Progress(std::size_t total, std::string_view what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Takes the line away.
  ~Progress();

  void done(std::size_t count);

 private:
  const std::size_t total_;
  const std::string_view what_;
  const bool wanted_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  bool visible_ = false;
};

}  // namespace msdemo::commands
