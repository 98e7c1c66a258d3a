#include "faults/kind.hpp"

#include <algorithm>

namespace msdemo::faults {

bool Kind::can_meet(Thing thing) const {
  return std::ranges::count(meets, thing) > 0;
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {latency(), error(), malformed(), drop(),
                                        hang(),    nack(),  crash(),     disk()};
  return all;
}

const Kind* find_kind(std::string_view name) {
  const auto found = std::ranges::find(kinds(), name, &Kind::name);
  return found == kinds().end() ? nullptr : &*found;
}

}  // namespace msdemo::faults
