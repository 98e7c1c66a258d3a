// How policies are written on the command line, and shown to people.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "commands/service_policy.hpp"

namespace msdemo::commands {

/// The words of `policy set` behind the service, a preset or KEY=VALUE each, as the service takes
/// them. Fails with usage, suggesting what may have been meant, on a word that is neither, and on
/// what is there twice; keys and values are for the service to judge. `known` are its settings.
Result<Json> parse_policy(std::span<const std::string> words, std::string_view service,
                          std::span<const PolicySetting> known);

/// A line for each setting that differs: `order: deadline 1s -> 200ms`.
std::vector<std::string> policy_changes(std::string_view service, const Policy& before,
                                        const Policy& after);

/// A headline, a table of the settings, those highlighted that are not as in `standard`, and one
/// with a line for each callee. Meanings are broken into lines so that `columns` are enough.
std::string format_policy(std::string_view service, const Policy& policy, int columns, bool color);

/// `{"service","preset","settings":{…},"calls":[…]}`
Json policy_document(std::string_view service, const Policy& policy);

}  // namespace msdemo::commands
