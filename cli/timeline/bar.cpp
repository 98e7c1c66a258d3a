#include "timeline/bar.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

namespace msdemo::timeline {
namespace {

constexpr int kEighths = 8;
constexpr std::array<std::string_view, 9> kLeftBlocks{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

/// The glyph for what is worked on in a column, and whether to draw it inverse. A stretch that
/// touches neither edge moves to the nearer one.
std::pair<std::string_view, bool> work_glyph(unsigned work, bool color) {
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

}  // namespace

std::vector<Cell> cells_of(const Row& row, double length_ns, int columns) {
  std::vector<Cell> cells(static_cast<std::size_t>(columns));
  const auto eighth = [&](std::int64_t at_ns) {
    const double whole = static_cast<double>(columns) * kEighths;
    return static_cast<std::size_t>(
        std::clamp(std::round(static_cast<double>(at_ns) / length_ns * whole), 0.0, whole));
  };
  const auto paint = [&cells](std::size_t at, SegmentKind kind) {
    cells[at / kEighths].of(kind) |= 1U << at % kEighths;
  };
  for (const Segment& segment : row.segments) {
    const std::size_t end = eighth(segment.end_ns);
    for (std::size_t at = eighth(segment.start_ns); at < end; ++at) paint(at, segment.kind);
  }
  if (std::ranges::all_of(cells, &Cell::blank)) {
    paint(std::min(eighth(row.start_ns), cells.size() * kEighths - 1), row.segments.front().kind);
  }
  return cells;
}

Glyph glyph_of(const Cell& cell, bool color) {
  if (const unsigned work = cell.of(SegmentKind::work); work != 0) {
    const auto [text, inverse] = work_glyph(work, color);
    return {text, inverse, SegmentKind::work};
  }
  const SegmentKind kind =
      cell.of(SegmentKind::waiting) != 0 ? SegmentKind::waiting : SegmentKind::missing;
  return {kTextures[static_cast<std::size_t>(kind)], false, kind};
}

}  // namespace msdemo::timeline
