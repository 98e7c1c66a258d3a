// Aligned columns of text, whatever scripts the texts are in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/program.hpp"

namespace msdemo::commands {

/// What stands in one column of one line.
struct Cell {
  std::string text;
  std::optional<Style> style{};  ///< for people who see colours
};

/// Lines of `cells`, each column as wide as its widest cell, two blanks between; control characters
/// are escaped. The last cell of a line that has fewer than others may run over their columns.
/// `alignment` has a letter for every column, `<` or `>` (numbers go to the right); columns beyond
/// it are `<`. No line ends in blanks.
std::string format_table(const std::vector<std::vector<Cell>>& cells, std::string_view alignment,
                         bool color);

/// The same without colours.
std::string format_table(const std::vector<std::vector<std::string>>& cells,
                         std::string_view alignment = {});

}  // namespace msdemo::commands
