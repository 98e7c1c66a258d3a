// A bench as one page for a browser, to keep and to show around: it needs no network, no script and
// nothing beside it.
#pragma once

#include <string>

#include "load/bench.hpp"

namespace msdemo::load {

std::string format_html(const Bench& bench);

}  // namespace msdemo::load
