// One run of a scenario: its commands in their order, each compared with what the document says of
// it, and the verdict.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "scenario/document.hpp"

namespace msdemo::commands {

enum class Verdict {
  passed,   ///< everything was as told
  failed,   ///< something was not
  unknown,  ///< a fault hit nothing, or the run was interrupted: nothing is proved
};

struct ScenarioResult {
  std::string scenario;
  Verdict verdict = Verdict::passed;
  std::size_t commands = 0;  ///< that were run
  double seconds = 0;
  std::string reason{};  ///< unless passed; may have several lines
};

std::string_view to_string(Verdict verdict);
int exit_status_of(Verdict verdict);
Json to_json(const ScenarioResult& result);

/// Who watches a run.
struct ScenarioObserver {
  std::function<void(const scenario::Prose&)> prose;
  std::function<void(std::size_t number, const scenario::Command&)> command;  ///< about to run
  std::function<void(std::string_view)> output;                               ///< as it comes
};

/// Runs `document` in a lab of its own and leaves nothing of it behind; SIGINT, SIGTERM and SIGHUP
/// end the run. Call it on the main thread before any other exists. Fails with internal when there
/// is no place for it or no shell.
Result<ScenarioResult> run_scenario(const std::string& name, const scenario::Document& document,
                                    const ScenarioObserver& observer);

}  // namespace msdemo::commands
