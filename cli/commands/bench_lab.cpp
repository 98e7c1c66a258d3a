#include "commands/bench_lab.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/clock.hpp"
#include "http/socket.hpp"
#include "lab/session.hpp"
#include "lab/state.hpp"

namespace msdemo::commands {

namespace {

/// What the child tells before it is ready to serve, or instead.
constexpr char kReady = '+';

/// Away from the terminal: its Ctrl-C is for the bench, which stops the lab when it has told what
/// there is.
void leave_terminal() {
  ::setsid();
  const http::FileDescriptor nothing(::open("/dev/null", O_RDWR));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(nothing.get(), standard);
  }
}

void tell(int parent, std::string_view text) {
  static_cast<void>(::write(parent, text.data(), text.size()) < 0);
}

[[noreturn]] void run_child(const std::string& name, pid_t parent, http::FileDescriptor to_parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(exit_status::kRefused);
  leave_terminal();
  const auto ended = lab::run_lab({.lab = name,
                                   .fresh = true,
                                   .began = real_clock().steady_now(),
                                   .standard_error = log::Stderr::follows},
                                  {.note = [](std::string_view) {},
                                   .ready =
                                       [&](const lab::StartReport&) {
                                         tell(to_parent.get(), {&kReady, 1});
                                         return true;
                                       }});
  if (!ended) tell(to_parent.get(), ended.error().message);
  std::error_code ignored;
  if (const auto folder = lab::StateFolder::of(name)) {
    std::filesystem::remove_all(folder->path(), ignored);
  }
  ::_exit(ended ? exit_status::kDone : exit_status::kRefused);
}

/// Everything until the child is ready or has ended.
std::string listen_to(int child) {
  std::string heard;
  char byte = 0;
  for (;;) {
    const ssize_t length = ::read(child, &byte, 1);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return heard;
    heard += byte;
    if (byte == kReady && heard.size() == 1) return heard;
  }
}

void await_end(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<std::unique_ptr<BenchLab>> BenchLab::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(Code::lab_failed, fmt::format("no pipe: {}", std::strerror(errno)));
  }
  const http::FileDescriptor from_child(ends[0]);
  http::FileDescriptor to_parent(ends[1]);
  const pid_t own = ::getpid();
  const std::string name = fmt::format("bench-{}", own);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) {
    return fail(Code::lab_failed, fmt::format("no process: {}", std::strerror(errno)));
  }
  if (child == 0) run_child(name, own, std::move(to_parent));
  to_parent.reset();
  const std::string heard = listen_to(from_child.get());
  if (!heard.empty() && heard.front() == kReady) {
    return std::unique_ptr<BenchLab>(new BenchLab(name, child));
  }
  await_end(child);
  return fail(Code::lab_failed,
              heard.empty() ? "the lab for the bench ended before it was ready" : heard,
              "start one with `msdemo up -d`; its log tells more: `msdemo logs`");
}

BenchLab::~BenchLab() {
  ::kill(supervisor_, SIGTERM);
  await_end(supervisor_);
}

}  // namespace msdemo::commands
