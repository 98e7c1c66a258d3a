// The pictures of a bench's report: inline SVG whose colours are those of the page around it.
#pragma once

#include <string>

#include "load/bench_summary.hpp"

namespace msdemo::load {

/// How long a caller is held up by one order, and how long its work takes. Empty unless both styles
/// were measured.
std::string draw_bars_svg(const BenchSummary& summary);

/// The slow ones at each rate of the sweep, both axes logarithmic. Empty without a sweep.
std::string draw_sweep_svg(const BenchSummary& summary);

}  // namespace msdemo::load
