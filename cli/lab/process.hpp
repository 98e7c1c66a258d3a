// One child process: started so that it can be watched, told to end with all its descendants, and
// cannot outlive the supervisor.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "http/socket.hpp"
#include "lab/ready_probe.hpp"

namespace msdemo::lab {

/// The descriptors that a child finds open besides 0, 1 and 2.
inline constexpr int kReadyDescriptor =
    3;  ///< the child writes a line `ready …` here when it serves
inline constexpr int kLifelineDescriptor = 4;  ///< end of file: the supervisor is gone

/// What a child's environment has differently from this process's: values, or nothing for a
/// variable that it must not have.
using Environment = std::map<std::string, std::optional<std::string>>;

struct ChildCommand {
  std::vector<std::string> arguments;  ///< after the program's name
  Environment environment{};
  std::filesystem::path folder{};  ///< where it runs; empty: where this process does
  std::string ready_url{};         ///< of one that cannot tell when it is ready: is asked there
  std::filesystem::path log_file;  ///< takes the child's stdout and stderr
  int lock = -1;  ///< the lab's lock: stays taken while the child lives, even without supervisor
};

/// A running child in a process group of its own. Belongs to one thread; that thread must be the
/// one that spawned it and must live as long as the child may, because the kernel ends a child
/// (PR_SET_PDEATHSIG) when the thread that spawned it ends. Destroying it closes the lifeline.
class ChildProcess {
 public:
  /// Runs this executable again, which becomes another if `arguments` are foreign_arguments().
  /// Fails with lab_failed when the kernel refuses.
  static Result<ChildProcess> spawn(const ChildCommand& command);

  pid_t pid() const { return pid_; }

  /// Readable once the child has ended.
  int ended_descriptor() const { return pidfd_.get(); }

  /// Readable when the child is ready or will never be; -1 once that is known.
  int ready_descriptor() const { return ready_.get(); }

  /// Call when ready_descriptor() is readable: whether the child said that it is ready.
  bool read_ready();

  /// Sends `signal` to the child and everything it started. After the child has ended: nothing.
  void signal(int signal) const;

  /// Call when ended_descriptor() is readable: ends what is left of the child's group, reaps the
  /// child and says how it ended (`exit 70`, `killed by SIGKILL`).
  std::string reap();

 private:
  ChildProcess(pid_t pid, http::FileDescriptor pidfd, http::FileDescriptor ready,
               http::FileDescriptor lifeline, std::unique_ptr<ReadyProbe> probe)
      : pid_(pid),
        pidfd_(std::move(pidfd)),
        ready_(std::move(ready)),
        lifeline_(std::move(lifeline)),
        probe_(std::move(probe)) {}

  pid_t pid_;
  http::FileDescriptor pidfd_;
  http::FileDescriptor ready_;
  http::FileDescriptor lifeline_;      ///< the end that only this process holds; never written
  std::unique_ptr<ReadyProbe> probe_;  ///< null if the child tells by itself
};

/// For a child, first thing: it dies with its supervisor even while it is stopped (SIGSTOP), when
/// it cannot see the end of its lifeline. A supervisor that is gone before this call is noticed by
/// the lifeline.
void die_with_supervisor();

/// The arguments of a child that is to become another program, `words`, under the same pid.
std::vector<std::string> foreign_arguments(const std::vector<std::string>& words);

/// For main(), before anything else: becomes that program if `argv` holds such arguments. Returns
/// what to exit with if that failed, and nothing if there are none.
std::optional<int> become_foreign(char** argv);

/// The memory that `pid` needs, with shared pages divided among their users (PSS), in bytes;
/// nothing if the kernel does not tell.
std::optional<std::size_t> proportional_memory(pid_t pid);

}  // namespace msdemo::lab
