// Which steps a schema still needs. Apart from the engines, because the rule is the same for each.
#pragma once

#include <cstdint>
#include <span>

#include "storage/database.hpp"

namespace msdemo::storage {

/// The steps that a schema at `version` (0: empty) lacks, in order. Fails with lab_failed when the
/// schema is newer than the last step: an older program must not guess what the newer one meant.
/// Steps that are not numbered 1, 2, 3, … are a bug and throw.
Result<std::span<const Migration>> missing_migrations(std::int64_t version,
                                                      std::span<const Migration> migrations);

}  // namespace msdemo::storage
