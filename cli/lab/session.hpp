// One run of a lab, from the lock to the last process: what `up` does, whoever watches it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "lab/service_status.hpp"
#include "lab/supervisor.hpp"

namespace msdemo::lab {

struct LabOptions {
  std::string lab = "default";
  bool fresh = false;                      ///< empty the services' data first
  std::map<std::string, int> ports{};      ///< public ports that are not left to chance, by service
  std::map<std::string, int> consumers{};  ///< of messages, by service; 1 where none is named
  std::string durability = "full";         ///< full | normal
  SteadyTime began{};                      ///< from when the time to ready counts
  log::Stderr standard_error = log::Stderr::stays;
};

/// What `up` has to tell once everything is ready.
struct StartReport {
  std::string lab;
  pid_t pid = 0;  ///< the supervisor's
  std::string control_url;
  std::string state_folder;
  std::string durability;
  double ready_ms = 0;
  std::optional<std::size_t> memory_bytes;  ///< PSS of all processes of the lab
  std::vector<ServiceStatus> services;
};

Json to_json(const StartReport& report);
Result<StartReport> parse_start_report(const Json& json);

/// Who watches a run. Both are called on the thread in run_lab().
struct LabObserver {
  std::function<void(std::string_view)> note;  ///< something worth a word, in one sentence

  /// Every service is ready. Returning false stops the lab.
  std::function<bool(const StartReport&)> ready;
};

/// Runs a lab until `down` or a signal ends it, and leaves nothing but its data and logs. Call it
/// on the main thread before any other exists. Fails with usage or lab_failed when the lab cannot
/// start or is running already.
Result<StopReport> run_lab(const LabOptions& options, const LabObserver& observer);

}  // namespace msdemo::lab
