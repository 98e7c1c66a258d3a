// The fault `drop`: the connection closes without an answer, so that the caller cannot know whether
// the work was done.
#include <fmt/format.h>

#include "faults/kind.hpp"

namespace msdemo::faults {

Kind drop() {
  return {.name = "drop",
          .value = "before|after",
          .does = "closes the connection without an answer, before or after working",
          .example = "after",
          .rule = "before or after",
          .meets = {Thing::request},
          .choices = {"before", "after"},
          .make = [](const Spec& spec) -> std::optional<Strike> {
            const bool before = spec.value == "before";
            if (!before && spec.value != "after") return std::nullopt;
            return [before](Effect& effect, Rng&) {
              effect.outcome = before ? Outcome::drop_before : Outcome::drop_after;
              return fmt::format("closes the connection {} the work, without an answer",
                                 before ? "before" : "after");
            };
          }};
}

}  // namespace msdemo::faults
