// `compare table`: several comparisons in one table, so that a choice between call and message can
// be made from what was measured on one's own machine, in good times and bad.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "commands/program.hpp"

namespace msdemo::commands {

/// What `compare --json` wrote, under the name that its row gets.
struct ComparedCase {
  std::string name;
  Json document;
};

/// Reads such a document. Fails with usage, naming what is missing.
Result<ComparedCase> parse_case(std::string name, std::string_view text);

/// Two lines for each case, one a style.
std::string format_cases(const std::vector<ComparedCase>& cases);

/// Adds `table` to the command `compare`.
void add_compare_table(CLI::App& compare, Program& program);

}  // namespace msdemo::commands
