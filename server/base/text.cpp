#include "base/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace msdemo {

namespace {

struct CodePoint {
  char32_t value;
  std::size_t length;  ///< in bytes; 0 when the bytes are not valid UTF-8
};

CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return {0, 0};
  char32_t value = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80) return {0, 0};
    value = (value << 6U) | (byte(at + i) & 0x3fU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[length] || value > 0x10ffff || surrogate) return {0, 0};
  return {value, length};
}

/// Levenshtein's: how many letters to add, remove or replace.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::chrono::nanoseconds since_second(std::chrono::system_clock::time_point time) {
  return time - floor<std::chrono::seconds>(time);
}

/// `2026-11-23T00:40:01`
std::string to_the_second(std::chrono::system_clock::time_point time) {
  const std::time_t stamp = floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&stamp, &utc);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}", utc);
}

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const CodePoint point = decode(text, at);
    if (point.length == 0) return std::nullopt;
    at += point.length;
  }
  return count;
}

std::string replace_invalid_utf8(std::string_view text, std::string_view replacement) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    out += point.length == 0 ? replacement : text.substr(at, point.length);
    at += point.length == 0 ? 1 : point.length;
  }
  return out;
}

std::string escape_control(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    if (point.length == 0) {
      out += "\xef\xbf\xbd";
      ++at;
      continue;
    }
    if (point.value == '\n') {
      out += "\\n";
    } else if (point.value == '\t') {
      out += "\\t";
    } else if (point.value < 0x20 || point.value == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(point.value));
    } else if (point.value >= 0x80 && point.value < 0xa0) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(point.value));
    } else {
      out += text.substr(at, point.length);
    }
    at += point.length;
  }
  return out;
}

std::string format_rfc3339(std::chrono::system_clock::time_point time) {
  const auto ms = duration_cast<std::chrono::milliseconds>(since_second(time)).count();
  return fmt::format("{}.{:03}Z", to_the_second(time), ms);
}

std::string format_rfc3339_us(std::chrono::system_clock::time_point time) {
  const auto us = duration_cast<std::chrono::microseconds>(since_second(time)).count();
  return fmt::format("{}.{:06}Z", to_the_second(time), us);
}

std::optional<std::chrono::system_clock::time_point> parse_rfc3339_us(std::string_view text) {
  constexpr std::string_view kShape = "2026-11-23T00:40:01.123456Z";
  if (text.size() != kShape.size() || text[19] != '.' || text.back() != 'Z') return std::nullopt;
  std::tm utc{};
  const std::string seconds(text.substr(0, 19));
  const char* end = ::strptime(seconds.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  const auto us = parse_integer(text.substr(20, 6));
  if (end == nullptr || *end != '\0' || !us || *us < 0) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&utc)) + std::chrono::microseconds(*us);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string nearest(std::string_view typed, const std::vector<std::string>& names) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t far = distance(typed, name);
    if (far < best_distance) {
      best = name;
      best_distance = far;
    }
  }
  return best;
}

}  // namespace msdemo
