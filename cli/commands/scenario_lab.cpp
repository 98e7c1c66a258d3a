#include "commands/scenario_lab.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "commands/service_faults.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLookAgain{20};

/// A lab's name: 1 to limits::kLabNameBytes of a–z, 0–9 and '-'.
std::string lab_name(std::string name) {
  const std::string pid = fmt::format("-{}", ::getpid());
  for (char& c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!allowed) c = '-';
  }
  return name.substr(0, limits::kLabNameBytes - pid.size()) + pid;
}

/// What the commands find: this very executable as `msdemo`, this lab, and output as it is printed
/// into a file, whatever terminal the scenario is watched in.
void set_environment(const std::string& lab, const fs::path& folder, int columns) {
  const char* path = ::getenv("PATH");
  const std::string bin = (folder / "bin").string();
  ::setenv("PATH", fmt::format("{}:{}", bin, path == nullptr ? "/usr/bin:/bin" : path).c_str(), 1);
  ::setenv("XDG_STATE_HOME", (folder / "state").c_str(), 1);
  ::setenv("MSDEMO_LAB", lab.c_str(), 1);
  ::setenv("NO_COLOR", "1", 1);
  ::setenv("COLUMNS", std::to_string(columns).c_str(), 1);
}

/// Reaps the children that have ended; whether others are left.
bool reap() {
  for (;;) {
    const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
    if (ended == 0) return true;
    if (ended < 0 && errno != EINTR) return false;
  }
}

void kill_children() {
  std::ifstream children(fmt::format("/proc/self/task/{}/children", ::gettid()));
  for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
}

}  // namespace

Result<std::unique_ptr<ScenarioLab>> ScenarioLab::open(const std::string& name, int columns) {
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "msdemo-scenario-XXXXXX").string();
  if (error || ::mkdtemp(folder.data()) == nullptr) {
    return fail(Code::internal, fmt::format("no temporary folder: {}", std::strerror(errno)));
  }
  std::unique_ptr<ScenarioLab> place(new ScenarioLab(lab_name(name), folder));
  for (const char* part : {"bin", "state", "work"})
    fs::create_directory(place->folder_ / part, error);
  fs::create_symlink(fs::read_symlink("/proc/self/exe", error), place->folder_ / "bin/msdemo",
                     error);
  if (error) return fail(Code::internal, fmt::format("{}: {}", folder, error.message()));
  set_environment(place->lab_, place->folder_, columns);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return place;
}

ScenarioLab::~ScenarioLab() {
  close();
}

void ScenarioLab::watch_faults(scenario::FaultWatch& watch) {
  reap();
  auto lab = lab::Lab::find(lab_);
  const auto services = lab ? lab->services() : fail(lab.error());
  if (!services) return;
  for (const lab::ServiceStatus& service : *services) {
    // A paused one would not answer.
    if (service.state != lab::ServiceState::ready || !service.pid) continue;
    const auto replica = lab->replicas(service.service);
    if (!replica) continue;
    const auto listed = ServiceFaults(*lab, replica->front()).list();
    if (listed) watch.see(service.service, *service.pid, service.restarts, *listed);
  }
}

void ScenarioLab::close() {
  if (folder_.empty()) return;
  // A lab that was only starting cannot be found yet; it stops by itself when its `up` is gone.
  const SteadyTime deadline = real_clock().steady_now() + limits::kStartTimeout;
  while (reap()) {
    if (auto lab = lab::Lab::find(lab_)) static_cast<void>(lab->down());
    if (real_clock().steady_now() >= deadline) kill_children();
    ::poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  folder_.clear();
}

}  // namespace msdemo::commands
