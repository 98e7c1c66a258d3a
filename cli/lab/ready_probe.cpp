#include "lab/ready_probe.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <string_view>

#include "base/limits.hpp"

namespace msdemo::lab {

namespace {

constexpr std::chrono::milliseconds kAskAgain{20};

}  // namespace

ReadyProbe::ReadyProbe(const std::string& url, http::FileDescriptor report)
    : client_(url),
      report_(std::move(report)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { ask(); }) {}

ReadyProbe::~ReadyProbe() {
  ::eventfd_write(stop_.get(), 1);
  client_.interrupt();
  thread_.join();
}

void ReadyProbe::ask() {
  constexpr std::string_view kReady = "ready\n";
  pollfd stopped{stop_.get(), POLLIN, 0};
  do {
    // A connection that stays open could be all that a simple program serves.
    if (client_.send({.headers = {{"Connection", "close"}}}, limits::kStartTimeout)) {
      static_cast<void>(::write(report_.get(), kReady.data(), kReady.size()) > 0);
      return;
    }
  } while (::poll(&stopped, 1, static_cast<int>(kAskAgain.count())) <= 0);
}

}  // namespace msdemo::lab
