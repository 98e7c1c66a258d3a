// A layout's rows and segments as short text. It exists so that a test can say in one line what a
// picture has to be made of.
#pragma once

#include <array>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>

#include "timeline/layout.hpp"

namespace msdemo::test {

/// `0 client order create, 1 client POST /orders, 1> broker queue …`: depth, whether it follows a
/// message, service and name.
inline std::string outline(const timeline::Layout& layout) {
  std::ostringstream out;
  for (const timeline::Row& row : layout.rows) {
    if (&row != &layout.rows.front()) out << ", ";
    out << row.depth << (row.follows ? "> " : " ") << row.service << ' ' << row.name;
  }
  return out.str();
}

/// `work 0-140, waiting 140-4790, …` in microseconds.
inline std::string division(const timeline::Row& row) {
  static constexpr std::array<std::string_view, 4> kKinds{"work", "waiting", "queued", "missing"};
  std::ostringstream out;
  for (const timeline::Segment& segment : row.segments) {
    if (&segment != &row.segments.front()) out << ", ";
    out << kKinds.at(static_cast<std::size_t>(segment.kind)) << ' ' << segment.start_ns / 1000
        << '-' << segment.end_ns / 1000;
  }
  return out.str();
}

}  // namespace msdemo::test
