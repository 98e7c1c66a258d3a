#include "commands/table.hpp"

#include <algorithm>

#include "timeline/text_width.hpp"

namespace msdemo::commands {

std::string format_table(const std::vector<std::vector<std::string>>& cells,
                         std::string_view alignment) {
  std::vector<int> widths;
  for (const auto& row : cells) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], timeline::columns_of(timeline::printable(row[i])));
    }
  }
  std::string out;
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = timeline::printable(row[i]);
      const bool to_the_right = i < alignment.size() && alignment[i] == '>';
      const bool last = i + 1 == row.size();
      if (to_the_right) {
        out.append(static_cast<std::size_t>(widths[i] - timeline::columns_of(cell)), ' ');
      }
      out += last || to_the_right ? cell : timeline::fit(cell, widths[i]);
      if (!last) out += "  ";
    }
    out.erase(out.find_last_not_of(' ') + 1);  // cells at the end of a line may be empty
    out += '\n';
  }
  return out;
}

}  // namespace msdemo::commands
