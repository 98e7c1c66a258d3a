#include "timeline/branches.hpp"

#include <algorithm>
#include <cstddef>

namespace msdemo::timeline {

std::vector<Branch> branches_of(const std::vector<Row>& rows, int levels_max) {
  std::vector<Branch> branches(rows.size());
  std::vector<bool> continues;  ///< by depth: a sibling follows further down
  for (std::size_t at = rows.size(); at-- > 0;) {
    const Row& row = rows[at];
    const auto depth = static_cast<std::size_t>(row.depth);
    const bool has_children = continues.size() > depth + 1 && continues[depth + 1];
    continues.resize(depth + 1, false);
    Branch& branch = branches[at];
    const std::size_t cut = std::max(static_cast<int>(depth) - levels_max, 0);
    for (std::size_t level = cut + 1; level <= depth; ++level) {
      const bool more = continues[level];
      if (level == depth && row.follows) {
        branch.row += "→ ";
      } else if (level == depth) {
        branch.row += more ? "├ " : "└ ";
      } else if (level == cut + 1 && cut > 0) {
        branch.row += "… ";
      } else {
        branch.row += more ? "│ " : "  ";
      }
      branch.below += more ? "│ " : "  ";
    }
    branch.below += has_children ? "│ " : "  ";
    continues[depth] = continues[depth] || !row.follows;
  }
  return branches;
}

}  // namespace msdemo::timeline
