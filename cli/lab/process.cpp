#include "lab/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/text.hpp"

namespace msdemo::lab {

namespace {

constexpr int kLockDescriptor = 5;
constexpr int kFirstClosedDescriptor = 6;

constexpr const char* kForeign = "exec-foreign";
constexpr int kNotExecuted = 127;  ///< as shells tell it

struct Pipe {
  http::FileDescriptor read;
  http::FileDescriptor write;
};

/// `descriptor` under a number that no child's descriptor has, so that arranging those in the child
/// never overwrites one that is still needed.
http::FileDescriptor out_of_the_way(int descriptor) {
  return http::FileDescriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstClosedDescriptor));
}

std::optional<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  const Pipe low{http::FileDescriptor(ends[0]), http::FileDescriptor(ends[1])};
  Pipe high{out_of_the_way(low.read.get()), out_of_the_way(low.write.get())};
  if (!high.read.open() || !high.write.open()) return std::nullopt;
  return high;
}

/// As exec takes them.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// This process's environment with what is different for the child.
std::vector<std::string> environment_with(const Environment& different) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::string name(variable.substr(0, variable.find('=')));
    if (!different.contains(name)) all.emplace_back(variable);
  }
  for (const auto& [name, value] : different) {
    if (value) all.push_back(fmt::format("{}={}", name, *value));
  }
  return all;
}

/// posix_spawn's two parameter objects. Their calls fail only for lack of memory.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void arrange_descriptors(const std::string& log_file, int ready, int lifeline, int lock) {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log_file.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, ready, kReadyDescriptor);
    ::posix_spawn_file_actions_adddup2(&actions_, lifeline, kLifelineDescriptor);
    ::posix_spawn_file_actions_adddup2(&actions_, lock, kLockDescriptor);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstClosedDescriptor);
  }

  void run_in(const std::string& folder) {
    if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
  }

  /// A group of its own, and signals as a fresh process expects them: masks and ignored signals
  /// survive exec.
  void reset_signals_and_group() {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  /// 0 or an errno.
  int run(pid_t& pid, std::vector<std::string> arguments,
          std::vector<std::string> environment) const {
    arguments.insert(arguments.begin(), "msdemo");
    return ::posix_spawn(&pid, "/proc/self/exe", &actions_, &attributes_,
                         pointers_to(arguments).data(), pointers_to(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

tl::unexpected<Error> not_spawned(int reason) {
  return fail(Code::lab_failed,
              fmt::format("no process could be started: {}", std::strerror(reason)));
}

std::string describe(const siginfo_t& status) {
  if (status.si_code == CLD_EXITED) return fmt::format("exit {}", status.si_status);
  const char* name = ::sigabbrev_np(status.si_status);
  return name == nullptr ? fmt::format("killed by signal {}", status.si_status)
                         : fmt::format("killed by SIG{}", name);
}

}  // namespace

Result<ChildProcess> ChildProcess::spawn(const ChildCommand& command) {
  auto ready = make_pipe();
  auto lifeline = make_pipe();
  const http::FileDescriptor lock = out_of_the_way(command.lock);
  if (!ready || !lifeline || !lock.open()) return not_spawned(errno);

  SpawnPlan plan;
  plan.arrange_descriptors(command.log_file.string(), ready->write.get(), lifeline->read.get(),
                           lock.get());
  plan.run_in(command.folder.string());
  plan.reset_signals_and_group();
  pid_t pid = 0;
  if (const int error = plan.run(pid, command.arguments, environment_with(command.environment));
      error != 0) {
    return not_spawned(error);
  }

  // By number: glibc 2.36 declares pidfd_open without C linkage.
  http::FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.open()) {
    const int reason = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return not_spawned(reason);
  }
  auto probe = command.ready_url.empty()
                   ? nullptr
                   : std::make_unique<ReadyProbe>(command.ready_url, std::move(ready->write));
  return ChildProcess(pid, std::move(pidfd), std::move(ready->read), std::move(lifeline->write),
                      std::move(probe));
}

bool ChildProcess::read_ready() {
  constexpr std::string_view kWord = "ready";
  char word[kWord.size()];
  const ssize_t length = ::read(ready_.get(), word, sizeof word);
  ready_.reset();
  return length > 0 && std::string_view(word, static_cast<std::size_t>(length)) == kWord;
}

void ChildProcess::signal(int signal) const {
  if (pidfd_.open()) ::kill(-pid_, signal);
}

std::string ChildProcess::reap() {
  // While the child is a zombie its group's number cannot be taken by another.
  signal(SIGKILL);
  siginfo_t status{};
  int result;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &status, WEXITED);
  } while (result != 0 && errno == EINTR);
  probe_.reset();
  pidfd_.reset();
  ready_.reset();
  return result == 0 ? describe(status) : "ended in an unknown way";
}

void die_with_supervisor() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

std::vector<std::string> foreign_arguments(const std::vector<std::string>& words) {
  std::vector<std::string> arguments = {kForeign};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return arguments;
}

std::optional<int> become_foreign(char** argv) {
  if (argv[0] == nullptr || argv[1] == nullptr || std::strcmp(argv[1], kForeign) != 0 ||
      argv[2] == nullptr) {
    return std::nullopt;
  }
  // What a program that knows nothing of lifelines keeps through exec is this.
  die_with_supervisor();
  pollfd lifeline{kLifelineDescriptor, POLLIN, 0};
  if (::poll(&lifeline, 1, 0) > 0) return kNotExecuted;
  ::close(kReadyDescriptor);
  ::close(kLifelineDescriptor);
  ::execvp(argv[2], argv + 2);
  fmt::print(stderr, "{}: {}\n", argv[2], std::strerror(errno));
  return kNotExecuted;
}

std::optional<std::size_t> proportional_memory(pid_t pid) {
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", pid));
  std::string word;
  while (rollup >> word) {
    std::size_t kibibytes = 0;
    if (word == "Pss:" && rollup >> kibibytes) return kibibytes * 1024;
  }
  return std::nullopt;
}

}  // namespace msdemo::lab
