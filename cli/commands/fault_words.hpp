// Faults in words: what people type to add them, and what they read about them.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "faults/faults.hpp"

namespace msdemo::commands {

/// The faults that `words` ask for, each `KIND=VALUE`, or `jitter=TIME` beside a latency. `options`
/// are parameters that all of them get. Fails with usage on what is no fault, suggesting what was
/// meant, and with invalid_field on a value, as the service would.
Result<std::vector<faults::Spec>> parse_faults(const std::vector<std::string>& words,
                                               const Json& options);

/// `first 2, after 3`, `20 %, seed 4711`, `always, 7.4 s left`, `over`
std::string when_words(const faults::Fault& fault);

/// `3 of 12`; what hit nothing says so: `none of 12`, `none: met nothing`
std::string hits_words(const faults::Fault& fault);

/// One line for each kind, for help.
std::string kinds_help();

}  // namespace msdemo::commands
