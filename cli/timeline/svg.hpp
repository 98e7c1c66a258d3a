// Draws a layout as an SVG. It exists so that a timeline can be shown where there is no terminal:
// in a document, a report, a browser, and read in daylight and at night.
#pragma once

#include <cstddef>
#include <string>

#include "timeline/layout.hpp"

namespace msdemo::timeline {

struct SvgOptions {
  std::string title;              ///< one sentence: what came of it
  std::string subtitle{};         ///< which trace, when
  std::string why_command{};      ///< what to type to read every decision
  std::size_t decisions_max = 9;  ///< that are listed below the picture
  bool for_page = false;          ///< the page around it tells the title and the decisions itself
};

/// A picture that needs nothing but itself: no font, no script, no network. It follows the reader's
/// colour scheme, says what it shows to those who do not see it, and has the terminal's signs:
/// own time, waiting, queued, never arrived, failed, and the numbers of decisions. An arrow leads
/// from a message to who took it. The layout is that of one trace, not of a comparison.
std::string draw_svg(const Layout& layout, const SvgOptions& options);

}  // namespace msdemo::timeline
