// The sweep of a bench as a plot of text: how slow the slow ones are at each rate, both on
// logarithmic axes, so that the place where a line bends upwards can be seen.
#pragma once

#include <string>

#include "commands/bench_view.hpp"
#include "load/bench_summary.hpp"

namespace msdemo::commands {

/// Empty if there is nothing to draw.
std::string draw_sweep(const load::BenchSummary& summary, const BenchView& view);

}  // namespace msdemo::commands
