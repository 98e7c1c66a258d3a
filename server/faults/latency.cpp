// The fault `latency`: what it hits waits before anything else happens, so that a service is slow,
// or a consumer.
#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "faults/kind.hpp"

namespace msdemo::faults {

namespace {

using std::chrono::microseconds;

/// Uniform within `jitter` around `length`, but never below 0.
microseconds vary(microseconds length, microseconds jitter, Rng& chance) {
  const auto values = static_cast<std::uint64_t>(2 * jitter.count() + 1);
  const microseconds off(static_cast<std::int64_t>(chance.next() % values));
  return std::max(microseconds(0), length - jitter + off);
}

}  // namespace

Kind latency() {
  return {
      .name = "latency",
      .value = "TIME",
      .does = "waits first; jitter=TIME beside it varies the time",
      .example = "100ms",
      .rule = fmt::format("a time such as 100ms or 1.5s, at most {} s", limits::kFaultTime.count()),
      .meets = {Thing::request, Thing::message},
      .choices = {},
      .make = [](const Spec& spec) -> std::optional<Strike> {
        const auto length = parse_duration(spec.value, limits::kFaultTime);
        if (!length) return std::nullopt;
        return [length = *length, jitter = spec.jitter](Effect& effect, Rng& chance) {
          const microseconds wait = jitter ? vary(length, *jitter, chance) : length;
          effect.wait += wait;
          return fmt::format("waits {}", format_duration(wait));
        };
      }};
}

}  // namespace msdemo::faults
