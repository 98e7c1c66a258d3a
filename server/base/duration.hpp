// Lengths of time as people write them: `100ms`, `1.5s`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace msdemo {

/// A decimal number with `us`, `ms` or `s` right behind it; nothing if `text` is anything else or
/// longer than `longest`.
std::optional<std::chrono::microseconds> parse_duration(std::string_view text,
                                                        std::chrono::microseconds longest);

/// What parse_duration() reads: `10s`, `1500ms`.
std::string duration_text(std::chrono::microseconds length);

/// `1.5 s`, `100 ms`, `250 us`: for sentences.
std::string format_duration(std::chrono::microseconds length);

}  // namespace msdemo
