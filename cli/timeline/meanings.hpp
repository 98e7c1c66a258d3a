// What the signs of a timeline mean, in words. They exist apart so that the picture in a terminal
// and the one in a browser have the same legend.
#pragma once

#include <array>
#include <string_view>

#include "timeline/bar.hpp"

namespace msdemo::timeline {

/// By SegmentKind.
using Meanings = std::array<std::string_view, kSegmentKinds>;
inline constexpr Meanings kMeanings{"own time", "waiting for a reply", "in the queue",
                                    "never arrived"};
inline constexpr Meanings kMeaningsOfOrders{"worked on", "caller waits", "in the queue", ""};

/// By MarkKind.
inline constexpr std::array<std::string_view, kMarkKinds> kMarkMeanings{"caller free", "work done"};
inline constexpr std::string_view kMarksTogetherMeaning = "both";

inline constexpr std::string_view kFailed = "✗";
inline constexpr std::string_view kFailedMeaning = "failed";

}  // namespace msdemo::timeline
