// What surrounds a call of any engine: its span, and the failures that all engines put in the same
// words.
#pragma once

#include <optional>
#include <string_view>

#include "storage/database.hpp"

namespace msdemo::storage {

/// The span of one call, or none if nothing is recorded. `system` as in OpenTelemetry's
/// `db.system.name`.
std::optional<trace::Span> start_span(const trace::Span* parent, std::string_view name,
                                      std::string_view system);

/// A function's refusal (no such user, say) is an answer; only the engine's failures are errors.
void note_failure(trace::Span& span, const Result<void>& outcome, bool threw);

/// What a write fails with when there is no room for it.
Error disk_is_full();

/// What a write fails with when too many wait already.
Error too_many_writes();

}  // namespace msdemo::storage
