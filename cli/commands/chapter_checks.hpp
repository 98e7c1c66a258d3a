// The exercises at the end of the tutorial's chapters: what each of them asks for, as a function
// that looks at the learner's lab. This is the one place where they are declared.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "commands/learners_lab.hpp"

namespace msdemo::commands {

/// One thing that was asked for.
struct Finding {
  enum class State { right, wrong, unknown };

  State state = State::unknown;
  std::string text{};  ///< a sentence: what was found, in numbers
  std::string hint{};  ///< what to try, unless it is right
};

/// What was found, in the order in which it was asked for. An error means that nothing can be
/// judged.
using Findings = Result<std::vector<Finding>>;

struct ChapterCheck {
  int chapter;
  Findings (*look)(LearnersLab&);
};

/// In the order of their chapters.
const std::vector<ChapterCheck>& chapter_checks();

Finding right(std::string text);
Finding wrong(std::string text, std::string hint);
Finding unknown(std::string text, std::string hint);

/// For a lab that has no trace of any order.
Finding no_orders();

/// Whether `--answer` is within `tolerance` of `expected`; `what` is what it is a number of. Tells
/// the expected number only to who has it.
Finding judge_answer(const LearnersLab& lab, std::string_view what, double expected,
                     double tolerance);

// The checks themselves.
Findings check_first_call(LearnersLab& lab);
Findings check_waiting(LearnersLab& lab);
Findings check_failing(LearnersLab& lab);
Findings check_messages(LearnersLab& lab);
Findings check_once(LearnersLab& lab);
Findings check_one_to_many(LearnersLab& lab);
Findings check_measuring(LearnersLab& lab);
Findings check_changing(LearnersLab& lab);
Findings check_replicas(LearnersLab& lab);
Findings check_choosing(LearnersLab& lab);

}  // namespace msdemo::commands
