#include "faults/trigger.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace msdemo::faults {

namespace {

/// Uniform in [0, 1): the 53 bits that a double holds.
double draw(Rng& chance) {
  return static_cast<double>(chance.next() >> 11U) * 0x1p-53;
}

}  // namespace

bool Trigger::hits(std::int64_t met, Rng& chance) const {
  if (!nth.empty() && !std::ranges::binary_search(nth, met)) return false;
  if (met <= after) return false;
  if (first && met > after + *first) return false;
  return !percent || draw(chance) * 100 < *percent;
}

bool Trigger::spent(std::int64_t met) const {
  if (!nth.empty()) return met >= nth.back();
  return first && met >= after + *first;
}

std::string in_words(const Trigger& trigger) {
  std::vector<std::string> words;
  if (!trigger.nth.empty()) words.push_back(fmt::format("nth {}", fmt::join(trigger.nth, ",")));
  if (trigger.first) words.push_back(fmt::format("first {}", *trigger.first));
  if (trigger.after > 0) words.push_back(fmt::format("after {}", trigger.after));
  if (trigger.percent) words.push_back(fmt::format("{:g} %", *trigger.percent));
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace msdemo::faults
