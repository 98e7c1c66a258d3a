// The fault `error`: a status and a problem document instead of the work.
#include <fmt/format.h>

#include "base/text.hpp"
#include "faults/kind.hpp"

namespace msdemo::faults {

namespace {

constexpr int kLowest = 400;
constexpr int kHighest = 599;

}  // namespace

Kind error() {
  return {.name = "error",
          .value = "STATUS",
          .does = "answers this status instead of working",
          .example = "503",
          .rule = fmt::format("a status from {} to {}", kLowest, kHighest),
          .meets = {Thing::request},
          .choices = {},
          .make = [](const Spec& spec) -> std::optional<Strike> {
            const auto status = parse_integer(spec.value);
            if (!status || *status < kLowest || *status > kHighest) return std::nullopt;
            return [status = static_cast<int>(*status)](Effect& effect, Rng&) {
              effect.outcome = Outcome::error;
              effect.status = status;
              return fmt::format("answers {} instead of working", status);
            };
          }};
}

}  // namespace msdemo::faults
