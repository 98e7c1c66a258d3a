// The lines that lead from callers to what they called, and the arrows that follow a message. They
// exist apart from the picture because they look at all rows at once: whether a line goes on is
// known only further down.
#pragma once

#include <string>
#include <vector>

#include "timeline/layout.hpp"

namespace msdemo::timeline {

struct Branch {
  std::string row;    ///< before the row's name
  std::string below;  ///< before a further line of the row
};

/// One for each row. Of rows deeper than `levels_max`, the outermost levels are cut.
std::vector<Branch> branches_of(const std::vector<Row>& rows, int levels_max);

}  // namespace msdemo::timeline
