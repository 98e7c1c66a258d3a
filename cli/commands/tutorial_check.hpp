// `tutorial check`: what the exercise's check of a chapter found, as people and programs read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "commands/chapter_checks.hpp"

namespace msdemo::commands {

/// What became of an exercise.
struct CheckReport {
  int chapter = 0;
  std::vector<Finding> findings;
};

/// Wrong if anything is wrong, else unknown if anything is or nothing was found, else right.
Finding::State verdict_of(const CheckReport& report);

/// The hint of the first finding that is not right; empty if there is none. One is enough.
std::string hint_of(const CheckReport& report);

/// 0 right, 1 wrong, 2 unknown.
int exit_status_of(Finding::State verdict);

/// `{"chapter","verdict","findings":[{"state","text"}],"hint"}`
Json to_json(const CheckReport& report);
std::string format_check(const CheckReport& report, int columns, bool color);

/// Looks at the lab. A lab that is not there or does not answer is a finding: unknown.
CheckReport check_exercise(const ChapterCheck& check, const std::string& lab,
                           std::optional<double> answer);

}  // namespace msdemo::commands
