// The fault `disk`: no room for what a service wants to keep.
#include "faults/kind.hpp"

namespace msdemo::faults {

Kind disk() {
  return {.name = "disk",
          .value = "full",
          .does = "lets writes fail as on a full disk",
          .example = "full",
          .rule = "full",
          .meets = {Thing::write},
          .choices = {"full"},
          .make = [](const Spec& spec) -> std::optional<Strike> {
            if (spec.value != "full") return std::nullopt;
            return [](Effect& effect, Rng&) -> std::string {
              effect.outcome = Outcome::full;
              return "the write fails as on a full disk";
            };
          }};
}

}  // namespace msdemo::faults
