#include "lab/log_follower.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace msdemo::lab {

namespace {

void sort_by_time(std::vector<LogLine>& lines) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
}

}  // namespace

LogFollower::LogFollower(const StateFolder& folder, std::span<const std::string> services)
    : folder_(folder.logs()) {
  for (const std::string& service : services) {
    files_.emplace_back(service, folder.log_file(service));
  }
}

void LogFollower::skip_to_end() {
  for (LogFile& file : files_) file.skip_to_end();
}

std::vector<LogLine> LogFollower::last(std::size_t count) {
  std::vector<LogLine> lines;
  for (LogFile& file : files_) file.read_last(count, lines);
  sort_by_time(lines);
  const std::size_t extra = lines.size() - std::min(count, lines.size());
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(extra));
  return lines;
}

void LogFollower::give_more(const Sink& sink) {
  std::vector<LogLine> lines;
  for (LogFile& file : files_) file.read_more(lines);
  sort_by_time(lines);
  for (const LogLine& line : lines) sink(line);
}

Result<void> LogFollower::follow(int stop_descriptor, const Sink& sink) {
  const http::FileDescriptor watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO;
  if (!watch.open() || ::inotify_add_watch(watch.get(), folder_.c_str(), kEvents) < 0) {
    return fail(Code::lab_failed,
                fmt::format("cannot watch {}: {}", folder_.string(), std::strerror(errno)));
  }
  bool stopping = false;
  while (true) {
    give_more(sink);
    if (stopping) return {};
    std::array<pollfd, 2> descriptors = {pollfd{watch.get(), POLLIN, 0},
                                         pollfd{stop_descriptor, POLLIN, 0}};
    if (::poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) return {};
    std::array<char, 16 * 1024> events;
    while (::read(watch.get(), events.data(), events.size()) > 0) {
    }
    stopping = descriptors[1].revents != 0;
  }
}

}  // namespace msdemo::lab
