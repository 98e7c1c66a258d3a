#include "commands/table.hpp"

#include <algorithm>
#include <utility>

#include "timeline/text_width.hpp"

namespace msdemo::commands {

namespace {

using timeline::columns_of;
using timeline::printable;

std::vector<int> widths_of(const std::vector<std::vector<Cell>>& cells) {
  std::vector<int> widths;
  for (const auto& row : cells) widths.resize(std::max(widths.size(), row.size()));
  for (const auto& row : cells) {
    const bool short_row = row.size() < widths.size();
    for (std::size_t i = 0; i + (short_row ? 1 : 0) < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(printable(row[i].text)));
    }
  }
  return widths;
}

}  // namespace

std::string format_table(const std::vector<std::vector<Cell>>& cells, std::string_view alignment,
                         bool color) {
  const std::vector<int> widths = widths_of(cells);
  std::string out;
  for (const auto& row : cells) {
    std::size_t blanks = 0;  // not written before something follows them
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = printable(row[i].text);
      const bool runs_over = i + 1 == row.size() && row.size() < widths.size();
      const auto rest = static_cast<std::size_t>(std::max(widths[i] - columns_of(text), 0));
      const bool to_the_right = i < alignment.size() && alignment[i] == '>' && !runs_over;
      if (to_the_right) blanks += rest;
      if (!text.empty()) {
        out.append(std::exchange(blanks, 0), ' ');
        out += row[i].style ? paint(color, *row[i].style, text) : text;
      }
      if (!to_the_right) blanks += rest;
      blanks += 2;
    }
    out += '\n';
  }
  return out;
}

std::string format_table(const std::vector<std::vector<std::string>>& cells,
                         std::string_view alignment) {
  std::vector<std::vector<Cell>> plain;
  for (const auto& row : cells) {
    auto& line = plain.emplace_back();
    for (const std::string& text : row) line.push_back({text});
  }
  return format_table(plain, alignment, false);
}

}  // namespace msdemo::commands
