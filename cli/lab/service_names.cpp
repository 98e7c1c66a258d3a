#include "lab/service_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "base/text.hpp"

namespace msdemo::lab {

namespace {

/// Single-character insertions, deletions and replacements between two words (Levenshtein).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// Beyond this, a suggestion would puzzle more than it helps.
constexpr std::size_t kTypoDistance = 2;

/// Nobody mistypes a word this long, and the comparison costs its length.
constexpr std::size_t kWordBytes = 64;

}  // namespace

const std::vector<std::string>& service_names() {
  static const std::vector<std::string> names = {"user", "order"};
  return names;
}

std::string_view closest(std::string_view word, std::span<const std::string> known) {
  if (word.size() > kWordBytes) return {};
  std::string_view best;
  std::size_t best_distance = kTypoDistance + 1;
  for (const std::string& candidate : known) {
    const std::size_t steps = distance(word, candidate);
    if (steps < best_distance && steps < candidate.size()) {
      best = candidate;
      best_distance = steps;
    }
  }
  return best;
}

Result<void> check_service(std::string_view name) {
  const auto& names = service_names();
  if (std::find(names.begin(), names.end(), name) != names.end()) return {};
  const std::string_view meant = closest(name, names);
  return fail(Code::usage, fmt::format("there is no service '{}'", escape_control(name)),
              meant.empty() ? fmt::format("the services are: {}", fmt::join(names, ", "))
                            : fmt::format("did you mean '{}'?", meant));
}

}  // namespace msdemo::lab
