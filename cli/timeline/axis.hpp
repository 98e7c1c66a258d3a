// Where a time axis has its ticks, and the units of time. It exists apart from the picture because
// choosing round numbers that keep apart is arithmetic of its own.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace msdemo::timeline {

struct Unit {
  std::string_view name;
  double ns;
};
inline constexpr std::array<Unit, 4> kUnits{{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

struct Tick {
  int column = 0;  ///< of the bar's
  double at_ns = 0;
  std::string label;
};

/// The ticks at a multiple of 1, 2 or 5 whose labels keep apart, in `columns` for the axis and
/// `room` for the last label. `length_ns` is positive.
std::vector<Tick> ticks_for(double length_ns, int columns, int room);

}  // namespace msdemo::timeline
