// Text and boxes in a drawing: about how wide a text will be, cut and wrapped to a width, escaped.
// It exists because whoever writes an SVG has no font to measure with: the reader's browser chooses
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msdemo::timeline {

/// About how wide `text` is at this font size: as in DejaVu Sans, which is among the widest, so
/// that what fits here fits in most fonts.
double text_width(std::string_view text, double font_size);

/// `text` in at most `width`; what was cut is marked by a final `…`.
std::string shorten_to(std::string_view text, double width, double font_size);

/// `text` broken between words into at most `lines` lines of at most `width`; the last one is cut.
std::vector<std::string> wrap_to(std::string_view text, double width, double font_size, int lines);

/// `text` from anywhere, as it may stand in an SVG or HTML document: printable() and escaped.
std::string markup(std::string_view text);

/// A coordinate with at most one decimal: small files, and no pixel is that small.
std::string px(double value);

/// A text element with these classes, standing on `y`.
std::string text_at(double x, double y, std::string_view css, std::string_view words);

/// A rectangle with this class, its corners rounded.
std::string rect_at(std::string_view css, double x, double y, double width, double height,
                    double round);

}  // namespace msdemo::timeline
