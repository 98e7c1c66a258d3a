// Runs what a bench is made of, one after the other: repeated pairs of both styles, then the rates
// of the sweep. It exists apart from the command so that options and reports know nothing of time.
#pragma once

#include <functional>

#include "base/error.hpp"
#include "commands/bench_options.hpp"
#include "commands/bench_shop.hpp"
#include "load/bench.hpp"

namespace msdemo::commands {

/// Who watches a bench. None may block.
struct BenchObserver {
  std::function<bool()> interrupted;                                ///< leave with what there is?
  std::function<void(std::size_t done, std::size_t all)> progress;  ///< in runs
};

/// `shop` is null when `plan` names a URL. Fails when nothing could be measured at all; a bench
/// that ended early is partial.
Result<load::Bench> run_bench(const BenchPlan& plan, BenchShop* shop,
                              const BenchObserver& observer);

}  // namespace msdemo::commands
