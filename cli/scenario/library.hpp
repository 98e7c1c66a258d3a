// The scenarios that come with the program: the documents of docs/scenarios, inside the executable,
// so that they can be run where there is no source tree.
#pragma once

#include <string_view>
#include <vector>

namespace msdemo::scenario {

struct Entry {
  std::string_view name;  ///< `retry-storm`
  std::string_view file;  ///< as in the source tree
  std::string_view text;
};

/// In the order in which they are best read.
const std::vector<Entry>& library();

}  // namespace msdemo::scenario
