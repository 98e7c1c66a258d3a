// A forked process for tests that kill one, with a pipe on which it tells what it has done.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>

namespace msdemo::test {

/// The child's end of the pipe. A number is on it whole or not at all.
class Report {
 public:
  explicit Report(int descriptor) : descriptor_(descriptor) {}

  void tell(std::int64_t number) const {
    if (::write(descriptor_, &number, sizeof number) != sizeof number) ::_exit(1);
  }

 private:
  int descriptor_;
};

/// Fork only while the test has a single thread. A child that is still running is killed at the
/// end.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<void(const Report&)>& body) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no child process");
    if (pid_ == 0) {
      ::close(ends[0]);
      body(Report(ends[1]));
      ::_exit(0);
    }
    ::close(ends[1]);
    reading_ = ends[0];
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    kill();
    ::close(reading_);
  }

  /// The next number that the child told; nothing when it has ended and all was read.
  std::optional<std::int64_t> next() const {
    std::int64_t number = 0;
    if (::read(reading_, &number, sizeof number) != sizeof number) return std::nullopt;
    return number;
  }

  /// kill -9, and waits until it is gone.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  int descriptor() const { return reading_; }

 private:
  pid_t pid_ = 0;
  int reading_ = -1;
};

}  // namespace msdemo::test
