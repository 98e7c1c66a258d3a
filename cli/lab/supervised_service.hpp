// One process of the lab's services: its decisions (Lifecycle), its process and its ports, held
// together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "lab/lifecycle.hpp"
#include "lab/ports.hpp"
#include "lab/process.hpp"
#include "lab/service_status.hpp"

namespace msdemo::lab {

struct ServicePlan {
  std::string service;
  int replica = 1;
  std::string name;  ///< of this process, for people: replica_name()
  ReservedPort port;
  std::optional<ReservedPort> admin_port;  ///< nothing for a foreign program
  ChildCommand command;                    ///< with the lab's lock, which is kept open meanwhile
  std::chrono::seconds start_timeout = limits::kStartTimeout;
};

/// Does what its lifecycle decides. Used by the supervisor's thread alone; never blocks.
class SupervisedService {
 public:
  /// `clock` must outlive the service.
  SupervisedService(ServicePlan plan, const Clock& clock);

  const std::string& service() const { return plan_.service; }
  const std::string& name() const { return plan_.name; }
  std::string url() const { return plan_.port.url(); }
  const std::filesystem::path& log_file() const { return plan_.command.log_file; }

  /// A program that is not ours, of which the lab knows only that it answers HTTP.
  bool foreign() const { return !plan_.admin_port; }
  ServiceStatus status() const;
  ServiceState state() const { return lifecycle_.state(); }
  const Lifecycle& lifecycle() const { return lifecycle_; }

  /// How often a process was spawned, and how often one ended.
  int spawned() const { return spawned_; }
  int ended() const { return ended_; }

  void start();
  void stop();
  void restart();
  Result<void> kill();
  Result<void> pause();
  Result<void> resume();

  // For poll: -1 when there is nothing to wait for.
  int ended_descriptor() const { return child_ ? child_->ended_descriptor() : -1; }
  int ready_descriptor() const { return child_ ? child_->ready_descriptor() : -1; }

  /// Call when the descriptor of this name is readable.
  void ready_readable();
  void ended_readable();

  /// Call when lifecycle().wake_at() has come.
  void time_passed();

 private:
  void perform(const Acts& acts);
  Result<void> perform(const Result<Acts>& acts);
  void spawn();
  void process_ended(std::string how);

  ServicePlan plan_;
  Lifecycle lifecycle_;
  std::optional<ChildProcess> child_;
  std::optional<std::string> last_exit_;
  int spawned_ = 0;
  int ended_ = 0;
};

}  // namespace msdemo::lab
