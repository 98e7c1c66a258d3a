// The place where a scenario happens: a state folder, a lab's name and a path of its own, so that
// plain `msdemo …` commands in it meet each other and nothing else; and all of it gone afterwards.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "scenario/fault_watch.hpp"

namespace msdemo::commands {

/// One for a process, which it changes: its environment is what the commands inherit, and orphans
/// of its descendants become its children, so that none can be overlooked. Used by one thread.
class ScenarioLab {
 public:
  /// Its lab's name begins with `name`; its commands find a terminal of so many columns. Fails with
  /// internal when there is no place for temporary files.
  static Result<std::unique_ptr<ScenarioLab>> open(const std::string& name, int columns);
  ScenarioLab(const ScenarioLab&) = delete;
  ScenarioLab& operator=(const ScenarioLab&) = delete;
  ~ScenarioLab();

  /// Where its commands run.
  std::string work_folder() const { return (folder_ / "work").string(); }

  /// Shows the faults of all services that answer.
  void watch_faults(scenario::FaultWatch& watch);

  /// Stops the lab if one runs, ends every process that is left and removes the folder. Blocks for
  /// at most limits::kStartTimeout and limits::kControlCall.
  void close();

 private:
  ScenarioLab(std::string lab, std::filesystem::path folder)
      : lab_(std::move(lab)), folder_(std::move(folder)) {}

  const std::string lab_;
  std::filesystem::path folder_;  ///< empty once closed
};

}  // namespace msdemo::commands
