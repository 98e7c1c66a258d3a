// Decisions as lines of text. It exists apart from the picture because `why` lists all of them,
// where the timeline has room for some.
#pragma once

#include <span>
#include <string>

#include "timeline/decision.hpp"

namespace msdemo::timeline {

/// `  1   2.4 ms  order  retry 1 of 2 after 13 ms: …`: number from 1, when, which service, and the
/// rule, wrapped to `columns`. Every line ends with `\n`.
std::string list_decisions(std::span<const Decision> decisions, int columns, bool color);

}  // namespace msdemo::timeline
