// Reads what a service tells at /metrics: Prometheus' text format 0.0.4.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace msdemo::commands {

/// One number of a scrape.
struct Sample {
  std::string name;
  std::map<std::string, std::string> labels{};
  double value = 0;

  /// The value of a label; empty if it is absent, which to Prometheus is the same.
  std::string_view label(const std::string& label_name) const;

  bool operator==(const Sample&) const = default;
};

/// A number as the format writes it: `0.25`, `1e-3`, `+Inf`, `NaN`; nothing if `text` is none.
std::optional<double> parse_metric_number(std::string_view text);

/// All samples in their order; comments and timestamps are passed over. Fails with invalid_reply,
/// naming the line, on what is not the format.
Result<std::vector<Sample>> parse_metrics(std::string_view text);

}  // namespace msdemo::commands
