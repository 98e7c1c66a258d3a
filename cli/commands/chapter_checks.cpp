#include "commands/chapter_checks.hpp"

#include <fmt/format.h>

#include <cmath>

namespace msdemo::commands {

const std::vector<ChapterCheck>& chapter_checks() {
  static const std::vector<ChapterCheck> all = {
      {1, check_first_call}, {2, check_waiting},     {3, check_failing},   {4, check_messages},
      {5, check_once},       {6, check_one_to_many}, {7, check_measuring}, {8, check_changing},
      {9, check_replicas},   {10, check_choosing},
  };
  return all;
}

Finding right(std::string text) {
  return {.state = Finding::State::right, .text = std::move(text), .hint = {}};
}

Finding wrong(std::string text, std::string hint) {
  return {.state = Finding::State::wrong, .text = std::move(text), .hint = std::move(hint)};
}

Finding unknown(std::string text, std::string hint) {
  return {.state = Finding::State::unknown, .text = std::move(text), .hint = std::move(hint)};
}

Finding no_orders() {
  return unknown("no order was placed in this lab since it was started",
                 "traces end with `msdemo down`: do all of the exercise in one go");
}

Finding judge_answer(const LearnersLab& lab, std::string_view what, double expected,
                     double tolerance) {
  if (!lab.answer()) {
    return unknown(fmt::format("you have not said {}", what), "add it: --answer NUMBER");
  }
  const double off = std::abs(*lab.answer() - expected);
  if (off <= tolerance) {
    return right(
        fmt::format("{}: you said {:.4g}, and it is {:.4g}", what, *lab.answer(), expected));
  }
  return wrong(fmt::format("{}: {:.4g} is too {}", what, *lab.answer(),
                           *lab.answer() > expected ? "high" : "low"),
               "");
}

}  // namespace msdemo::commands
