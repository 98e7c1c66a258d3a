// The published form of a bench (docs/reference/bench.schema.json): what `--json` prints and `bench
// diff` reads. It is strict in both directions, so that a file means one thing.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "load/bench.hpp"

namespace msdemo::load {

Json to_json(const Bench& bench);

/// Fails with usage, naming what is missing or wrong, when `text` is not such a document. What only
/// sums up the runs is not read.
Result<Bench> parse_bench(std::string_view text);

}  // namespace msdemo::load
