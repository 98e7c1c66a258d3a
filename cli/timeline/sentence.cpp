#include "timeline/sentence.hpp"

#include <fmt/format.h>

#include <cmath>

namespace msdemo::timeline {

std::string format_count(std::int64_t count) {
  std::string text = fmt::format("{}", count);
  const std::size_t sign = count < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > sign + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string count_of(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

std::string format_milliseconds(std::int64_t duration_ns) {
  const double ms = static_cast<double>(duration_ns) / 1e6;
  if (std::abs(ms) < 0.995) return fmt::format("{:.2f} ms", ms);
  if (std::abs(ms) < 99.95) return fmt::format("{:.1f} ms", ms);
  return format_count(std::llround(ms)) + " ms";
}

}  // namespace msdemo::timeline
