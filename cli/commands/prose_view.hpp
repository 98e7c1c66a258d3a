// Markdown for a terminal: what a chapter says, wrapped to the width there is, and readable without
// colour. It knows as much of markdown as our documents use.
#pragma once

#include <string>
#include <string_view>

namespace msdemo::commands {

/// Headings are underlined, paragraphs and list items wrapped, tables drawn or, where they do not
/// fit, told row by row; blocks stay as they are, indented. With `color` emphasis is painted, else
/// it keeps its marks; `code` keeps them in any case. Links become their text, with the target
/// behind it unless that is the text; relative targets, which are relative to `folder`, as paths in
/// the source tree. Comments are left out.
std::string render_prose(std::string_view markdown, std::string_view folder, int columns,
                         bool color);

}  // namespace msdemo::commands
