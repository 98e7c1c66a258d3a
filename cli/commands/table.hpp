// Aligned columns of text, whatever scripts the texts are in.
#pragma once

#include <string>
#include <vector>

namespace msdemo::commands {

/// Lines of `cells`, each column as wide as its widest cell, two blanks between; control characters
/// are escaped. The last column is not padded.
std::string format_table(const std::vector<std::vector<std::string>>& cells);

}  // namespace msdemo::commands
