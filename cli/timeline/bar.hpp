// A row's bar as columns of glyphs. It exists so that positions are kept to an eighth of a column,
// and every meaning has a shape of its own before it has a colour.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "timeline/layout.hpp"

namespace msdemo::timeline {

inline constexpr std::size_t kSegmentKinds = 4;

/// By SegmentKind: what a whole column of it looks like.
inline constexpr std::array<std::string_view, kSegmentKinds> kTextures{"█", "░", "═", "┄"};

/// The marks of orders in a comparison by MarkKind, and what several in one column look like.
inline constexpr std::size_t kMarkKinds = 2;
inline constexpr std::array<std::string_view, kMarkKinds> kMarks{"◇", "◆"};
inline constexpr std::string_view kMarksTogether = "◈";

/// Decisions have their numbers, as far as these have one digit: the sentences are listed by them.
/// Of several in one column the first is seen.
inline constexpr std::string_view kNumbers = "123456789";
inline constexpr std::string_view kHigherNumber = "+";

/// One column of a bar: for each kind of segment a set of its eighths, the leftmost being bit 0.
struct Cell {
  std::array<unsigned, kSegmentKinds> eighths{};
  std::string_view mark{};  ///< hides everything else

  unsigned& of(SegmentKind kind) { return eighths[static_cast<std::size_t>(kind)]; }
  unsigned of(SegmentKind kind) const { return eighths[static_cast<std::size_t>(kind)]; }
  bool blank() const { return eighths == decltype(eighths){} && mark.empty(); }
};

/// What a bar is drawn on.
struct Scale {
  double length_ns = 0;
  int axis = 0;  ///< columns for `length_ns`
  int bar = 0;   ///< columns in all: bars that are open reach beyond the axis, and so may marks
};

/// A cell for each of the bar's columns. At least one of them is not blank.
std::vector<Cell> cells_of(const Row& row, const Scale& scale);

/// The kind that is seen in a cell that is not blank: work however little, else what is most.
SegmentKind kind_of(const Cell& cell);

struct Glyph {
  std::string_view text;
  bool inverse = false;
};

/// What a cell that is not blank looks like.
Glyph glyph_of(const Cell& cell, bool color);

}  // namespace msdemo::timeline
