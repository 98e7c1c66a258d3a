// Text from outside: is it UTF-8, how long is it, how is it shown without doing harm, and what was
// probably meant?
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msdemo {

/// The number of code points, or nothing if `text` is not valid UTF-8 (RFC 3629: no surrogates,
/// nothing overlong, nothing past U+10FFFF).
std::optional<std::size_t> count_code_points(std::string_view text);

/// `text` with every byte that is not part of valid UTF-8 replaced by `replacement`.
std::string replace_invalid_utf8(std::string_view text, std::string_view replacement);

/// `text` safe to print: control characters (C0, DEL, C1) as `\n`, `\x1b`, `\u0085`; invalid UTF-8
/// as U+FFFD. Keeps terminals and logs from obeying what a user typed.
std::string escape_control(std::string_view text);

/// `2026-11-23T00:40:01.123Z` (RFC 3339, UTC, milliseconds).
std::string format_rfc3339(std::chrono::system_clock::time_point time);

/// The same with microseconds, for what is measured: `2026-11-23T00:40:01.123456Z`.
std::string format_rfc3339_us(std::chrono::system_clock::time_point time);

/// What format_rfc3339_us() writes; nothing if `text` is anything else.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339_us(std::string_view text);

/// A whole decimal number and nothing else: no sign but a leading minus, no blanks.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// "Did you mean …?": the name that differs from `typed` in the fewest letters (Levenshtein
/// distance, at most a third of its length and at least one); empty if none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& names);

}  // namespace msdemo
