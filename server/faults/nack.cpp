// The fault `nack`: a consumer that does not want a message, for now or ever.
#include "faults/kind.hpp"

namespace msdemo::faults {

Kind nack() {
  return {.name = "nack",
          .value = "retry|dead",
          .does = "gives a message back, or refuses it for good",
          .example = "retry",
          .rule = "retry or dead",
          .meets = {Thing::message},
          .choices = {"retry", "dead"},
          .make = [](const Spec& spec) -> std::optional<Strike> {
            const bool retry = spec.value == "retry";
            if (!retry && spec.value != "dead") return std::nullopt;
            return [retry](Effect& effect, Rng&) -> std::string {
              effect.outcome = retry ? Outcome::retry : Outcome::dead;
              return retry ? "gives the message back" : "refuses the message for good";
            };
          }};
}

}  // namespace msdemo::faults
