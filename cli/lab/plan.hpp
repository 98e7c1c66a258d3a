// What a lab is to run: which processes, at which ports, with which arguments and environment.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "lab/foreign_command.hpp"
#include "lab/ports.hpp"
#include "lab/state.hpp"
#include "lab/supervised_service.hpp"

namespace msdemo::lab {

struct LabOptions {
  std::string lab = "default";
  bool fresh = false;                      ///< empty the services' data first
  std::map<std::string, int> ports{};      ///< public ports that are not left to chance, by service
  std::map<std::string, int> consumers{};  ///< of messages, by service; 1 where none is named
  std::map<std::string, int> replicas{};   ///< processes, by service; 1 where none is named
  std::map<std::string, ForeignCommand> commands{};  ///< of programs in place of ours, by service
  std::string durability = "full";                   ///< full | normal
  std::string database_url{};                        ///< empty: an SQLite file for each service
  std::string broker_url{};  ///< of an external broker; empty: the lab has its own
  std::optional<std::chrono::seconds> wait_for{};  ///< how long services wait for their engines
  SteadyTime began{};                              ///< from when the time to ready counts
  log::Stderr standard_error = log::Stderr::stays;
};

/// The services of such a lab, in the order in which they are shown.
std::vector<std::string> services_of(const LabOptions& options);

/// The logs that its run writes: one of each process, and the supervisor's.
std::vector<std::string> log_names(const LabOptions& options);

/// One process that is to run, and its ports.
struct PlannedReplica {
  std::string service;
  int replica = 1;
  std::string name;  ///< as replica_name() says
  ReservedPort port;
  std::optional<ReservedPort> admin_port;  ///< nothing for a foreign program
};

/// Names the processes and reserves their ports. A port that is fixed for a service is its first
/// replica's, and the next ones have the numbers that follow. Fails as ReservedPort::reserve().
Result<std::vector<PlannedReplica>> plan_replicas(const LabOptions& options);

/// How each of them is run. `control_url` is the supervisor's, `lock` the lab's lock.
std::vector<SupervisedService> plan_services(const LabOptions& options, const StateFolder& folder,
                                             std::vector<PlannedReplica> replicas,
                                             const std::string& control_url, int lock);

}  // namespace msdemo::lab
