// What can go wrong, one file for each kind of fault, and what several of them do together. It
// exists so that a kind is added in one place: it makes decisions, and whoever asks carries them
// out.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.hpp"
#include "faults/spec.hpp"

namespace msdemo::faults {

/// What a fault can meet: all that is counted, and hit or not.
enum class Thing {
  request,  ///< that came to a route
  message,  ///< that came to a consumer
  write,    ///< that would change the database
  step,     ///< one of crash_points()
};

/// What becomes of a thing, after it waited.
enum class Outcome {
  untouched,
  error,        ///< Effect::status is answered instead of doing the work
  cut,          ///< the true answer loses its second half
  html,         ///< the answer is a page as a proxy would send it
  drop_before,  ///< the connection is closed without an answer, and no work is done
  drop_after,   ///< the work is done, then the connection is closed without an answer
  hang,         ///< nothing is said for Effect::hang, then the connection is closed
  retry,        ///< the message is given back
  dead,         ///< the message is refused for good
  full,         ///< the write fails as on a full disk
  crash,        ///< the process dies
};

/// A fault hit: the event's name and the sentence of Span::decide().
struct Decision {
  std::string name;  ///< `fault.latency`
  std::string rule;  ///< `fault 2 (latency=100ms): waits 100 ms`
};

/// What all faults together do to one thing.
struct Effect {
  std::chrono::microseconds wait{};  ///< comes first
  Outcome outcome = Outcome::untouched;
  int status = 0;
  std::chrono::microseconds hang{};
  std::string rule;  ///< of the fault that decided the outcome
  std::vector<Decision> decisions;
};

/// Adds what a fault does when it hits, and says it: `waits 100 ms`.
using Strike = std::function<std::string(Effect&, Rng& chance)>;

struct Kind {
  std::string_view name;
  std::string_view value;  ///< what its value is called, for help
  std::string_view does;   ///< in a few words, for help
  std::string example;     ///< a value
  std::string rule;        ///< what a value must be
  std::vector<Thing> meets;
  std::vector<std::string> choices;  ///< all values, if they can be listed
  /// Nothing if the value breaks the rule.
  std::function<std::optional<Strike>(const Spec&)> make;

  /// Latencies add up; of all others, a thing suffers one.
  bool decides() const { return name != "latency"; }
  bool can_meet(Thing thing) const;
};

Kind latency();
Kind error();
Kind malformed();
Kind drop();
Kind hang();
Kind nack();
Kind crash();
Kind disk();

/// All of these.
const std::vector<Kind>& kinds();

/// Null if there is none of this name.
const Kind* find_kind(std::string_view name);

/// The steps at which a process can be made to die, as far as it takes them:
/// - `after-commit`: the order service stored an order, and nobody has heard of it yet
/// - `before-publish`, `after-publish`: the relay is about to publish; the broker has it, and the
///   outbox does not know
/// - `after-receive`, `before-ack`: a consumer was given messages; it has acted on them, and the
///   broker does not know
const std::vector<std::string>& crash_points();

}  // namespace msdemo::faults
