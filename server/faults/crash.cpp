// The fault `crash`: the process dies at a step, as kill -9 would end it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "faults/kind.hpp"

namespace msdemo::faults {

const std::vector<std::string>& crash_points() {
  static const std::vector<std::string> points = {"after-commit", "before-publish", "after-publish",
                                                  "after-receive", "before-ack"};
  return points;
}

Kind crash() {
  return {.name = "crash",
          .value = "POINT",
          .does = "kills the process there",
          .example = "before-ack",
          .rule = fmt::format("one of {}", fmt::join(crash_points(), ", ")),
          .meets = {Thing::step},
          .choices = crash_points(),
          .make = [](const Spec& spec) -> std::optional<Strike> {
            if (std::ranges::count(crash_points(), spec.value) == 0) return std::nullopt;
            return [](Effect& effect, Rng&) -> std::string {
              effect.outcome = Outcome::crash;
              return "kills the process";
            };
          }};
}

}  // namespace msdemo::faults
