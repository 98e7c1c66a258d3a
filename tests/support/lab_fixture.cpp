#include "support/lab_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/clock.hpp"

namespace msdemo::test {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

int milliseconds_until(SteadyTime deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - real_clock().steady_now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, left));
}

http::FileDescriptor watch(pid_t pid) {
  return http::FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// Returns when nobody writes to `from` any more.
void await_end(const http::FileDescriptor& from) {
  char nothing = 0;
  while (::read(from.get(), &nothing, 1) > 0) {
  }
}

std::string read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

RunningProgram::RunningProgram(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment,
                               const std::string& program) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  out_ = http::FileDescriptor(out[0]);
  err_ = http::FileDescriptor(err[0]);
  const http::FileDescriptor out_end(out[1]);
  const http::FileDescriptor err_end(err[1]);

  std::vector<std::string> words = {"msdemo"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err_end.get(), STDERR_FILENO);
  const int error = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(words).data(),
                                  pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(std::strerror(error));
  process_ = watch(pid_);
}

RunningProgram::~RunningProgram() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void RunningProgram::signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

bool RunningProgram::read_some(SteadyTime deadline) {
  std::array<pollfd, 2> pipes = {pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0}};
  if (::poll(pipes.data(), pipes.size(), milliseconds_until(deadline)) <= 0) return false;
  const auto take = [](http::FileDescriptor& from, std::string& into) {
    std::array<char, 4096> bytes;
    const ssize_t length = ::read(from.get(), bytes.data(), bytes.size());
    if (length > 0) {
      into.append(bytes.data(), static_cast<std::size_t>(length));
    } else {
      from.reset();
    }
  };
  if (pipes[0].revents != 0) take(out_, outcome_.out);
  if (pipes[1].revents != 0) take(err_, outcome_.err);
  return true;
}

bool RunningProgram::prints(std::string_view text, std::chrono::milliseconds wait) {
  const SteadyTime deadline = real_clock().steady_now() + wait;
  while (outcome_.out.find(text) == std::string::npos) {
    if (!reading() || !read_some(deadline)) return false;
  }
  return true;
}

Outcome RunningProgram::finish(std::chrono::milliseconds wait) {
  const SteadyTime deadline = real_clock().steady_now() + wait;
  while (reading() && read_some(deadline)) {
  }
  pollfd process{process_.get(), POLLIN, 0};
  outcome_.in_time = !reading() && ::poll(&process, 1, milliseconds_until(deadline)) > 0;
  if (!outcome_.in_time) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  constexpr int kSignalled = 128;
  outcome_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
  return outcome_;
}

bool gone(pid_t pid, std::chrono::milliseconds wait) {
  const http::FileDescriptor process = watch(pid);
  if (!process.open()) return true;
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, static_cast<int>(wait.count())) > 0;
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds wait) {
  constexpr int kAskEveryMs = 10;
  const SteadyTime deadline = real_clock().steady_now() + wait;
  while (!condition()) {
    if (real_clock().steady_now() >= deadline) return false;
    ::poll(nullptr, 0, kAskEveryMs);
  }
  return true;
}

TestLab::TestLab() : TestLab(Program()) {}

TestLab::TestLab(Program program)
    : state_home_(temporary_.path().string()), program_(std::move(program)) {
  watch_over();
}

TestLab::TestLab(std::string state_home) : state_home_(std::move(state_home)) {
  watch_over();
}

TestLab::~TestLab() {
  try {
    run({"down"});
  } catch (const std::exception&) {
    // The test has its verdict; the watchdog ends what is left.
  }
  ::shutdown(leash_.get(), SHUT_WR);
  await_end(leash_);
}

/// `up -d` detaches a lab from the test that started it, so a test that aborts would leave it
/// behind. A process that lives as long as the leash is held ends whatever there is of it then.
void TestLab::watch_over() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::runtime_error("no leash");
  }
  leash_ = http::FileDescriptor(ends[0]);
  const http::FileDescriptor collar(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no watchdog");
  if (child > 0) {
    ::waitpid(child, nullptr, 0);
    return;
  }
  // No child of the test and in no session with it: a Ctrl-C, or a ctest that kills a test that
  // takes too long with all its children, is not meant for the watchdog.
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  leash_.reset();
  await_end(collar);
  for (const pid_t left : processes()) ::kill(left, SIGKILL);
  ::_exit(0);
}

std::vector<std::string> TestLab::environment() const {
  std::vector<std::string> all = {"XDG_STATE_HOME=" + state_home_, "PATH=/usr/bin:/bin",
                                  "HOME=/nonexistent"};
  all.insert(all.end(), program_.variables.begin(), program_.variables.end());
  return all;
}

Outcome TestLab::run(const std::vector<std::string>& arguments,
                     std::chrono::milliseconds wait) const {
  return RunningProgram(arguments, environment(), program_.path).finish(wait);
}

std::filesystem::path TestLab::folder() const {
  return std::filesystem::path(state_home_) / "msdemo" / "default";
}

Json TestLab::service(const std::string& name) const {
  const Outcome ps = run({"ps", "--json"});
  if (ps.exit_code != 0) throw std::runtime_error("ps: " + ps.out + ps.err);
  for (const Json& line : ps.json()) {
    if (line.at("service") == name) return line;
  }
  throw std::runtime_error("no service " + name);
}

int TestLab::port(const std::string& service_name) const {
  const std::string url = service(service_name).at("url");
  return std::stoi(url.substr(url.rfind(':') + 1));
}

pid_t TestLab::supervisor() const {
  return Json::parse(read_all(folder() / "lab.json")).at("pid");
}

pid_t TestLab::next_pid(const std::string& service_name, pid_t last,
                        std::chrono::milliseconds wait) const {
  pid_t found = 0;
  eventually(
      [&] {
        const Json now = service(service_name);
        if (now.at("state") != "ready" || now.at("pid") == last) return false;
        found = now.at("pid");
        return true;
      },
      wait);
  return found;
}

std::vector<pid_t> TestLab::processes() const {
  std::vector<pid_t> found;
  const std::string variable = "XDG_STATE_HOME=" + state_home_;
  std::error_code vanished;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", vanished)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::istringstream environment(read_all(entry.path() / "environ"));
    for (std::string word; std::getline(environment, word, '\0');) {
      if (word == variable) found.push_back(std::stoi(name));
    }
  }
  return found;
}

bool accepts(int port) {
  return http::connect_to("127.0.0.1", port, real_clock().steady_now() + std::chrono::seconds(5))
      .has_value();
}

}  // namespace msdemo::test
