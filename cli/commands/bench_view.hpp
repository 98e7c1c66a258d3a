// A bench as people read it in a terminal: the conclusion first, then what it stands on, then what
// to doubt about it.
#pragma once

#include <string>

#include "load/bench.hpp"
#include "load/bench_diff.hpp"

namespace msdemo::commands {

struct BenchView {
  int columns = 80;
  bool color = false;  ///< everything can be read without it
};

std::string draw_bench(const load::Bench& bench, const BenchView& view);

std::string draw_diff(const load::BenchDiff& diff, const BenchView& view);

}  // namespace msdemo::commands
