// Draws a layout as lines of text. It exists so that whoever sent an order sees at once who worked,
// who waited and what went wrong, in any terminal or paste of one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "timeline/layout.hpp"

namespace msdemo::timeline {

/// Narrower or wider terminals get these.
inline constexpr int kColumnsMin = 60;
inline constexpr int kColumnsMax = 200;

struct DrawOptions {
  int columns = 80;
  bool color = false;              ///< everything can be read without it
  std::vector<std::string> title;  ///< lines above the picture, as people typed them
  std::string why_command{};       ///< what to type to read every decision
};

/// The picture, each line ended by `\n`: title, time axis, one row per span (and lines for reasons
/// that do not fit into theirs), a legend of what was used, and the rules that decided, by the
/// numbers that mark them. No line is wider than `options.columns`, but for the command at the end;
/// none ends in blanks; bars get at least a third of the columns.
std::string draw(const Layout& layout, const DrawOptions& options);

/// Three significant digits with a unit: `812 ns`, `4.83 ms`, `30.0 s`.
std::string format_duration(std::int64_t duration_ns);

/// How long a row took, as its last column says it: `?` and `…` where nobody knows.
std::string duration_text(const Row& row);

/// The colour of a service in the 256-colour palette: always the same, fit for light and dark.
int service_color(std::string_view service);

}  // namespace msdemo::timeline
