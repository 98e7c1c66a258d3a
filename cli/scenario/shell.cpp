#include "scenario/shell.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/clock.hpp"
#include "http/socket.hpp"

namespace msdemo::scenario {

namespace {

using http::FileDescriptor;

constexpr int kSignalled = 128;

tl::unexpected<Error> not_started(int reason) {
  return fail(Code::internal, fmt::format("no shell could be started: {}", std::strerror(reason)));
}

/// 0 or an errno.
int spawn(const std::string& text, const std::string& folder, int output, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  // Masks and ignored signals survive exec, and whoever waits for Ctrl-C has blocked it.
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::array<std::string, 3> words = {"bash", "-c", text};
  std::array<char*, 4> argv = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const int error =
      ::posix_spawnp(&pid, words[0].c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// A shell that runs, and the end of it.
class Shell {
 public:
  Shell(pid_t pid, FileDescriptor output)
      : pid_(pid),
        process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        output_(std::move(output)) {}

  ShellOutcome follow(const ShellLimits& limits, int interrupt_fd,
                      const std::function<void(std::string_view)>& on_output) {
    const SteadyTime deadline = real_clock().steady_now() + limits.time;
    ShellOutcome outcome;
    for (bool running = true; running;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - real_clock().steady_now());
      std::array<pollfd, 3> events = {pollfd{process_.get(), POLLIN, 0},
                                      pollfd{output_.get(), POLLIN, 0},
                                      pollfd{interrupt_fd, POLLIN, 0}};
      ::poll(events.data(), events.size(),
             static_cast<int>(std::max<std::int64_t>(0, left.count())));
      // What was written before it ended is there once it has ended.
      running = events[0].revents == 0;
      if (!take_output(outcome.output, limits.output_bytes, on_output)) {
        outcome.end = ShellOutcome::End::too_much_output;
      } else if (events[2].revents != 0) {
        outcome.end = ShellOutcome::End::interrupted;
      } else if (running && real_clock().steady_now() >= deadline) {
        outcome.end = ShellOutcome::End::out_of_time;
      }
      if (outcome.end != ShellOutcome::End::exited) break;
    }
    outcome.exit_code = end();
    return outcome;
  }

 private:
  /// False when there is more than `most` of it.
  bool take_output(std::string& into, std::size_t most,
                   const std::function<void(std::string_view)>& on_output) {
    std::array<char, 16 * 1024> bytes;
    while (output_.open()) {
      const ssize_t length = ::read(output_.get(), bytes.data(), bytes.size());
      if (length < 0 && errno == EINTR) continue;
      if (length < 0) return true;
      if (length == 0) {
        output_.reset();
        return true;
      }
      const std::string_view text(bytes.data(), static_cast<std::size_t>(length));
      if (into.size() + text.size() > most) return false;
      into += text;
      on_output(text);
    }
    return true;
  }

  /// Until it is reaped its group's number cannot be taken by another.
  int end() const {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
  }

  const pid_t pid_;
  FileDescriptor process_;
  FileDescriptor output_;
};

}  // namespace

Result<ShellOutcome> run_shell(const std::string& text, const std::string& folder,
                               const ShellLimits& limits, int interrupt_fd,
                               const std::function<void(std::string_view)>& on_output) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return not_started(errno);
  FileDescriptor output(ends[0]);
  FileDescriptor child_end(ends[1]);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  pid_t pid = 0;
  if (const int error = spawn(text, folder, child_end.get(), pid); error != 0) {
    return not_started(error);
  }
  child_end.reset();
  return Shell(pid, std::move(output)).follow(limits, interrupt_fd, on_output);
}

}  // namespace msdemo::scenario
