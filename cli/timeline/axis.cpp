#include "timeline/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "timeline/text_width.hpp"

namespace msdemo::timeline {
namespace {

constexpr int kTickGap = 3;      ///< columns between the labels of two ticks
constexpr int kTickSpacing = 4;  ///< columns between two ticks, at least
constexpr int kTicks = 7;        ///< about how many there are at most

}  // namespace

std::vector<Tick> ticks_for(double length_ns, int columns, int room) {
  const auto unit = std::ranges::find_if(kUnits.rbegin(), kUnits.rend() - 1,
                                         [&](const Unit& each) { return length_ns >= each.ns; });
  std::vector<Tick> ticks;
  for (double power = 1; ticks.empty(); power *= 10) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double step = digit * power * unit->ns / 1000;
      const double spacing = step / length_ns * columns;
      if (spacing < std::max(kTickSpacing, columns / kTicks)) continue;
      int widest = 0;
      for (double at = 0; at * step <= length_ns; ++at) {
        ticks.push_back({static_cast<int>(std::lround(at * spacing)), at * step,
                         fmt::format("{:.10g}", at * step / unit->ns)});
        widest = std::max(widest, static_cast<int>(ticks.back().label.size()));
      }
      if (spacing >= widest + kTickGap) break;
      ticks.clear();
    }
  }
  const std::string suffix = fmt::format(" {}", unit->name);
  const int last_end = ticks.back().column + columns_of(ticks.back().label + suffix);
  if (ticks.size() > 1 && last_end > room) ticks.pop_back();
  ticks.back().label += suffix;
  return ticks;
}

}  // namespace msdemo::timeline
