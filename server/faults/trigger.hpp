// Which of the things that a fault meets it hits: exactly, or by chance that can be replayed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace msdemo::faults {

/// Without any of these, everything is hit. The numbers count from 1 what the fault met since it
/// was added.
struct Trigger {
  std::vector<std::int64_t> nth{};      ///< only these, ascending; excludes `first` and `after`
  std::optional<std::int64_t> first{};  ///< only so many, from the first that `after` leaves
  std::int64_t after = 0;               ///< not the first so many
  std::optional<double> percent{};      ///< how many of what the numbers leave

  /// Whether thing number `met` is hit. Draws from `chance` once if `percent` is to decide, else
  /// never, so that one seed gives one run of hits.
  bool hits(std::int64_t met, Rng& chance) const;

  /// Whether nothing after number `met` can be hit any more.
  bool spent(std::int64_t met) const;
};

/// `nth 1,2`, `first 2, after 3, 20 %`; empty if everything is hit.
std::string in_words(const Trigger& trigger);

}  // namespace msdemo::faults
