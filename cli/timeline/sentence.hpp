// How sentences about a trace write their numbers. It exists so that `why` and the timeline give
// the same time in the same form, and times that are compared the same unit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace msdemo::timeline {

/// `1,234,567`
std::string format_count(std::int64_t count);

/// `1 attempt`, `1,200 attempts`
std::string count_of(std::int64_t count, std::string_view noun);

/// As many decimals as are worth reading: `0.31 ms`, `2.1 ms`, `1,003 ms`.
std::string format_milliseconds(std::int64_t duration_ns);

}  // namespace msdemo::timeline
