#include "commands/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace msdemo::commands {

Progress::Progress(std::size_t total, std::string_view what)
    : total_(total), what_(what), wanted_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (visible_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::done(std::size_t count) {
  const auto now = std::chrono::steady_clock::now();
  if (!wanted_ || now - began_ < std::chrono::seconds(1)) return;
  fmt::print(stderr, "\r{} of {} {}\x1b[K", count, total_, what_);
  visible_ = true;
}

}  // namespace msdemo::commands
