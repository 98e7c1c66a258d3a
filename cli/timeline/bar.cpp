#include "timeline/bar.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace msdemo::timeline {
namespace {

constexpr int kEighths = 8;
constexpr std::array<std::string_view, 9> kLeftBlocks{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

/// The glyph for what is worked on in a column, and whether to draw it inverse. A stretch that
/// touches neither edge moves to the nearer one.
Glyph work_glyph(unsigned work, bool color) {
  const int eighths = std::popcount(work);
  int weight = 0;  // positive: more of it is in the right half
  for (int bit = 0; bit < kEighths; ++bit) {
    if ((work >> bit & 1U) != 0) weight += 2 * bit - (kEighths - 1);
  }
  if (weight <= 0) return {kLeftBlocks[static_cast<std::size_t>(eighths)], false};
  if (color) return {kLeftBlocks[static_cast<std::size_t>(kEighths - eighths)], true};
  if (eighths <= 2) return {"▕", false};
  return {eighths <= 5 ? "▐" : kLeftBlocks[kEighths], false};
}

void add_sign(Cell& cell, const Mark& mark) {
  if (mark.kind != MarkKind::decision) {
    cell.mark = cell.mark.empty() ? kMarks[static_cast<std::size_t>(mark.kind)] : kMarksTogether;
  } else if (cell.mark.empty()) {
    const bool numbered = mark.decision <= kNumbers.size();
    cell.mark = numbered ? kNumbers.substr(mark.decision - 1, 1) : kHigherNumber;
  }
}

void add_marks(std::vector<Cell>& cells, const Row& row, const Scale& scale) {
  for (const Mark& mark : row.marks) {
    const double column = static_cast<double>(mark.at_ns) / scale.length_ns * scale.axis;
    const double last = static_cast<double>(scale.bar) - 1;
    add_sign(cells[static_cast<std::size_t>(std::clamp(std::floor(column), 0.0, last))], mark);
  }
}

}  // namespace

std::vector<Cell> cells_of(const Row& row, const Scale& scale) {
  std::vector<Cell> cells(static_cast<std::size_t>(scale.bar));
  const auto eighth = [&](std::int64_t at_ns) {
    const double whole = static_cast<double>(scale.axis) * kEighths;
    return static_cast<std::size_t>(
        std::clamp(std::round(static_cast<double>(at_ns) / scale.length_ns * whole), 0.0, whole));
  };
  const auto paint = [&cells](std::size_t from, std::size_t until, SegmentKind kind) {
    for (std::size_t at = from; at < until; ++at) {
      cells[at / kEighths].of(kind) |= 1U << at % kEighths;
    }
  };
  for (const Segment& segment : row.segments) {
    paint(eighth(segment.start_ns), eighth(segment.end_ns), segment.kind);
  }
  if (row.open) paint(eighth(row.end_ns), cells.size() * kEighths, row.segments.back().kind);
  if (std::ranges::all_of(cells, &Cell::blank)) {
    const std::size_t at = std::min(eighth(row.start_ns), cells.size() * kEighths - 1);
    paint(at, at + 1, row.segments.front().kind);
  }
  add_marks(cells, row, scale);
  return cells;
}

SegmentKind kind_of(const Cell& cell) {
  if (cell.of(SegmentKind::work) != 0) return SegmentKind::work;
  const auto most = std::ranges::max_element(
      cell.eighths, {}, [](unsigned eighths) { return std::popcount(eighths); });
  return static_cast<SegmentKind>(most - cell.eighths.begin());
}

Glyph glyph_of(const Cell& cell, bool color) {
  if (!cell.mark.empty()) return {cell.mark};
  const SegmentKind kind = kind_of(cell);
  if (kind == SegmentKind::work) return work_glyph(cell.of(kind), color);
  return {kTextures[static_cast<std::size_t>(kind)]};
}

}  // namespace msdemo::timeline
