// The real program in a state folder of the test's own: runs commands, watches the processes that
// belong to it, and leaves none behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "http/socket.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::test {

/// How a command ended.
struct Outcome {
  int exit_code = -1;  ///< 128 + the signal if one ended it
  bool in_time = false;
  std::string out;
  std::string err;

  Json json() const { return Json::parse(out); }
  bool says(std::string_view text) const { return (out + err).find(text) != std::string::npos; }
};

/// Which program a lab runs, and what its environment says beyond what each of them needs.
struct Program {
  std::string path = MSDEMO_PROGRAM;
  std::vector<std::string> variables{};  ///< `NAME=value`
};

/// The program with some arguments, its output in pipes. Killed at the end if it still runs.
class RunningProgram {
 public:
  RunningProgram(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment,
                 const std::string& program = MSDEMO_PROGRAM);
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram();

  pid_t pid() const { return pid_; }
  void signal(int signal) const;

  /// Reads until stdout holds `text`; false when it ends or the time is over before.
  bool prints(std::string_view text, std::chrono::milliseconds wait = std::chrono::seconds(30));

  /// Waits until it has ended and nobody holds its stdout and stderr any more.
  Outcome finish(std::chrono::milliseconds wait = std::chrono::seconds(30));

 private:
  bool read_some(SteadyTime deadline);
  bool reading() const { return out_.open() || err_.open(); }

  pid_t pid_ = -1;
  http::FileDescriptor process_;
  http::FileDescriptor out_;
  http::FileDescriptor err_;
  Outcome outcome_;
};

/// Whether the process `pid` has ended (a zombie has), waiting up to `wait` for it.
bool gone(pid_t pid, std::chrono::milliseconds wait);

/// Asks until `condition` holds: for what no descriptor can tell.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds wait = std::chrono::seconds(10));

/// One lab named `default`, in a folder of its own. Stopped at the end, by force if need be; also
/// when the test process dies. Construct it before any thread.
class TestLab {
 public:
  TestLab();
  explicit TestLab(Program program);
  explicit TestLab(std::string state_home);
  TestLab(const TestLab&) = delete;
  TestLab& operator=(const TestLab&) = delete;
  ~TestLab();

  /// Runs `msdemo <arguments>` to its end.
  Outcome run(const std::vector<std::string>& arguments,
              std::chrono::milliseconds wait = std::chrono::seconds(60)) const;

  /// What a command needs to find this lab.
  std::vector<std::string> environment() const;

  std::filesystem::path folder() const;

  /// One line of `ps --json`.
  Json service(const std::string& name) const;
  pid_t pid(const std::string& service_name) const { return service(service_name).at("pid"); }
  int port(const std::string& service_name) const;
  pid_t supervisor() const;

  /// Waits until the service is ready in a process other than `last`; 0 if it never is.
  pid_t next_pid(const std::string& service_name, pid_t last,
                 std::chrono::milliseconds wait = std::chrono::seconds(10)) const;

  /// All processes of this lab, found by their environment.
  std::vector<pid_t> processes() const;

 private:
  void watch_over();

  TempDir temporary_;
  std::string state_home_;
  Program program_;
  http::FileDescriptor leash_;  ///< while it is held, the watchdog leaves the lab alone
};

/// Whether somebody accepts connections at this port of 127.0.0.1.
bool accepts(int port);

}  // namespace msdemo::test
