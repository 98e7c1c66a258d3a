#include "run_process.hpp"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace msdemo {

sigset_t block_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  // Whoever is woken does not push aside who runs (sched(7)): with more threads than processors,
  // that saves a switch for most wake-ups.
  const sched_param priority{};
  ::sched_setscheduler(0, SCHED_BATCH, &priority);
}

bool asked_to_end(const sigset_t& signals, const std::optional<int>& lifeline_fd,
                  std::optional<std::chrono::milliseconds> longest) {
  const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  std::array<pollfd, 2> waits = {pollfd{signal_fd, POLLIN, 0},
                                 pollfd{lifeline_fd.value_or(-1), POLLIN, 0}};
  const int wait_ms = longest ? static_cast<int>(longest->count()) : -1;
  int ready = 0;
  do {
    ready = ::poll(waits.data(), waits.size(), wait_ms);
  } while (ready < 0 && errno == EINTR);
  ::close(signal_fd);
  if (ready <= 0) return false;
  spdlog::info(waits[0].revents != 0 ? "draining" : "whoever started this service is gone");
  return true;
}

}  // namespace msdemo
