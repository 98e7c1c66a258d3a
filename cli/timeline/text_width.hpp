// How many columns a terminal needs for a text, and texts cut to a number of columns. It exists
// because names come from people: accents, ideographs and emoji must not push a bar out of line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msdemo::timeline {

/// `text` as it may be drawn: escape_control(), and also visible escapes for what would change the
/// order of the letters after it (`\u202e`); code points that no terminal can place as U+FFFD.
std::string printable(std::string_view text);

/// The columns that `text`, which must be printable(), takes: what libc's wcwidth() says of its
/// code points, ambiguous ones being narrow. Code points that are invalid take one.
int columns_of(std::string_view text);

/// `text`, which must be printable(), in at most `columns`; what was cut is marked by a final `…`.
/// Combining marks stay with their letter. Text with right-to-left letters ends with U+200E, so
/// that a terminal which reorders them leaves alone what is drawn behind.
std::string shorten(std::string_view text, int columns);

/// shorten(), then padded with blanks to exactly `columns`.
std::string fit(std::string_view text, int columns);

/// `text`, which must be printable(), broken between words into at most `lines` lines of at most
/// `columns`; what does not fit in the last one is cut as by shorten(). `columns` is at least 2.
std::vector<std::string> wrap(std::string_view text, int columns, int lines);

}  // namespace msdemo::timeline
