// One run of a scenario: its commands in their order, each compared with what the document says of
// it, and the verdict.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "scenario/chapters.hpp"
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
  bool left = false;     ///< whoever watched ended it
};

std::string_view to_string(Verdict verdict);
int exit_status_of(Verdict verdict);
Json to_json(const ScenarioResult& result);

/// Whether to go on, as whoever watches says.
enum class Go { on, away };

/// Who watches a run. Whatever gets an `interrupt_fd` may wait for a person until that is readable.
struct ScenarioObserver {
  std::function<Go(const scenario::Prose&, int interrupt_fd)> prose;

  /// About to run it.
  std::function<Go(std::size_t number, const scenario::Command&, int interrupt_fd)> command;
  std::function<void(std::string_view)> output;  ///< as it comes

  /// Something was not as told: whether to run the rest. The verdict is `failed` in any case.
  std::function<Go(const std::string& reason)> differs = [](const std::string&) {
    return Go::away;
  };
};

/// Where a run happens.
struct ScenarioSetting {
  std::string name;                               ///< as in its result
  std::string lab;                                ///< the lab's name begins with this
  int columns = 100;                              ///< that its commands take a terminal to have
  std::vector<scenario::ChapterFile> files = {};  ///< that its commands find where they run
};

/// Runs `document` in a lab of its own and leaves nothing of it behind; SIGINT, SIGTERM and SIGHUP
/// end the run. Call it on the main thread before any other exists. Fails with internal when there
/// is no place for it or no shell.
Result<ScenarioResult> run_scenario(const ScenarioSetting& setting,
                                    const scenario::Document& document,
                                    const ScenarioObserver& observer);

}  // namespace msdemo::commands
