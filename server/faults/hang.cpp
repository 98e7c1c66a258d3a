// The fault `hang`: silence, then a closed connection. Whoever calls without a deadline waits.
#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "faults/kind.hpp"

namespace msdemo::faults {

Kind hang() {
  return {
      .name = "hang",
      .value = "TIME",
      .does = "says nothing for so long, then closes the connection; does not work",
      .example = "10s",
      .rule = fmt::format("a time such as 500ms or 10s, at most {} s", limits::kFaultTime.count()),
      .meets = {Thing::request},
      .choices = {},
      .make = [](const Spec& spec) -> std::optional<Strike> {
        const auto length = parse_duration(spec.value, limits::kFaultTime);
        if (!length) return std::nullopt;
        return [length = *length](Effect& effect, Rng&) {
          effect.outcome = Outcome::hang;
          effect.hang = length;
          return fmt::format("says nothing for {}, then closes the connection",
                             format_duration(length));
        };
      }};
}

}  // namespace msdemo::faults
