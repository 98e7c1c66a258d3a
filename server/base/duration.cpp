#include "base/duration.hpp"

#include <fmt/format.h>

#include <charconv>

namespace msdemo {

namespace {

/// Digits, and perhaps a point among them.
std::optional<double> parse_decimal(std::string_view text) {
  if (text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::chrono::microseconds> parse_duration(std::string_view text,
                                                        std::chrono::microseconds longest) {
  struct Unit {
    std::string_view suffix;
    double microseconds;
  };
  for (const Unit& unit : {Unit{"us", 1}, Unit{"ms", 1e3}, Unit{"s", 1e6}}) {
    if (!text.ends_with(unit.suffix)) continue;
    const auto amount = parse_decimal(text.substr(0, text.size() - unit.suffix.size()));
    if (!amount) continue;
    const std::chrono::duration<double, std::micro> length(*amount * unit.microseconds);
    if (length > longest) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(length);
  }
  return std::nullopt;
}

std::string duration_text(std::chrono::microseconds length) {
  const auto count = length.count();
  if (count % 1'000'000 == 0) return fmt::format("{}s", count / 1'000'000);
  if (count % 1000 == 0) return fmt::format("{}ms", count / 1000);
  return fmt::format("{}us", count);
}

std::string format_duration(std::chrono::microseconds length) {
  const auto count = static_cast<double>(length.count());
  if (count >= 1e6) return fmt::format("{:.4g} s", count / 1e6);
  if (count >= 1e3 || count == 0) return fmt::format("{:.4g} ms", count / 1e3);
  return fmt::format("{} us", length.count());
}

}  // namespace msdemo
