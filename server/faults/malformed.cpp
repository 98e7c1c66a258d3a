// The fault `malformed`: the work is done, and its answer cannot be understood.
#include "faults/kind.hpp"

namespace msdemo::faults {

Kind malformed() {
  return {.name = "malformed",
          .value = "cut|html",
          .does = "works, then answers half of the body, or a proxy's page",
          .example = "cut",
          .rule = "cut or html",
          .meets = {Thing::request},
          .choices = {"cut", "html"},
          .make = [](const Spec& spec) -> std::optional<Strike> {
            const bool cut = spec.value == "cut";
            if (!cut && spec.value != "html") return std::nullopt;
            return [cut](Effect& effect, Rng&) -> std::string {
              effect.outcome = cut ? Outcome::cut : Outcome::html;
              return cut ? "cuts the answer's body in half" : "answers 200 with a proxy's page";
            };
          }};
}

}  // namespace msdemo::faults
