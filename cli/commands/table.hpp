// Aligned columns of text, whatever scripts the texts are in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msdemo::commands {

/// Lines of `cells`, each column as wide as its widest cell, two blanks between; control characters
/// are escaped. `alignment` has a letter for every column, `<` or `>` (numbers go to the right);
/// columns beyond it are `<`. No line ends in blanks.
std::string format_table(const std::vector<std::vector<std::string>>& cells,
                         std::string_view alignment = {});

}  // namespace msdemo::commands
