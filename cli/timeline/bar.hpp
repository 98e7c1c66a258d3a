// A row's bar as columns of glyphs. It exists so that positions are kept to an eighth of a column,
// and every meaning has a shape of its own before it has a colour.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "timeline/layout.hpp"

namespace msdemo::timeline {

inline constexpr std::size_t kSegmentKinds = 3;

/// By SegmentKind: what a whole column of it looks like.
inline constexpr std::array<std::string_view, kSegmentKinds> kTextures{"█", "░", "┄"};

/// One column of a bar: for each kind of segment a set of its eighths, the leftmost being bit 0.
struct Cell {
  std::array<unsigned, kSegmentKinds> eighths{};

  unsigned& of(SegmentKind kind) { return eighths[static_cast<std::size_t>(kind)]; }
  unsigned of(SegmentKind kind) const { return eighths[static_cast<std::size_t>(kind)]; }
  bool blank() const { return eighths == decltype(eighths){}; }
};

/// `columns` cells for an axis of `length_ns`. At least one of them is not blank.
std::vector<Cell> cells_of(const Row& row, double length_ns, int columns);

struct Glyph {
  std::string_view text;
  bool inverse = false;
  SegmentKind kind = SegmentKind::work;  ///< the one that is seen
};

/// What a cell that is not blank looks like: a little work is seen beside much waiting.
Glyph glyph_of(const Cell& cell, bool color);

}  // namespace msdemo::timeline
