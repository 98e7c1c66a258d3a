// One run of a lab, from the lock to the last process: what `up` does, whoever watches it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "lab/plan.hpp"
#include "lab/service_status.hpp"
#include "lab/supervisor.hpp"

namespace msdemo::lab {

/// What `up` has to tell once everything is ready.
struct StartReport {
  std::string lab;
  pid_t pid = 0;  ///< the supervisor's
  std::string control_url;
  std::string state_folder;
  std::string durability;
  std::string database;  ///< `sqlite`, or the URL without its password
  std::string broker;    ///< `embedded`, or the URL without its password
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
