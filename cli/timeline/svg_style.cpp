#include "timeline/svg_style.hpp"

#include <fmt/format.h>

#include "timeline/terminal.hpp"

namespace msdemo::timeline {
namespace {

// Plain properties, no variables: converters and previews outside of browsers know no more. All
// text has a contrast of 4.5 or more against its page (WCAG 2.2, AA).
constexpr std::string_view kStyle = R"css(
.page { fill: #fff; } .ink { fill: #1a1d21; } .soft { fill: #5b6570; } .bad { fill: #b3261e; }
.line { stroke: #dde2e8; fill: none; } .tree { stroke: #a9b3be; fill: none; }
.arrow { stroke: #5b6570; fill: none; stroke-width: 1.2; } .head { fill: #5b6570; }
.back { stroke-dasharray: 5 3; }
.lost { stroke: #5b6570; fill: none; stroke-dasharray: 3 3; }
.sign { fill: #fff; stroke: #1a1d21; stroke-width: 1.2; }
.over { stroke: #fff; stroke-width: 4; paint-order: stroke; stroke-linejoin: round; }
.work { fill: currentColor; } .waits { fill: currentColor; fill-opacity: .24; }
.queued { fill: url(#queued); }
.by { fill: currentColor; } .hatch { stroke: currentColor; stroke-width: 2.4; }
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, Cantarell, "Noto Sans",
  "DejaVu Sans", "Helvetica Neue", Arial, sans-serif; font-size: 12.5px; }
.title { font-size: 17px; font-weight: 600; } .small { font-size: 11.5px; }
.by, .strong { font-weight: 600; } .number { font-size: 9.5px; font-weight: 700; }
.time { font-variant-numeric: tabular-nums; } .end { text-anchor: end; }
.middle { text-anchor: middle; }
.c245 { color: #5b6570; } .c32 { color: #1d5fc4; } .c172 { color: #a85a00; }
.c133 { color: #8a3fa0; } .c35 { color: #16764a; } .c37 { color: #0b7480; }
.c98 { color: #6650c8; } .c131 { color: #a5453f; } .c64 { color: #4d7a08; }
.c168 { color: #b93567; } .c109 { color: #3f6f7d; } .c244 { color: #5b6570; }
@media (prefers-color-scheme: dark) {
.page { fill: #14171a; } .ink { fill: #e6e9ed; } .soft { fill: #9ba6b2; } .bad { fill: #f28b82; }
.line { stroke: #2b3239; } .tree { stroke: #56616c; }
.arrow { stroke: #9ba6b2; } .head { fill: #9ba6b2; } .lost { stroke: #9ba6b2; }
.sign { fill: #14171a; stroke: #e6e9ed; } .over { stroke: #14171a; }
.waits { fill-opacity: .3; }
.c245 { color: #a3adb8; } .c32 { color: #6ea8ff; } .c172 { color: #eba547; }
.c133 { color: #cf8fe6; } .c35 { color: #55c78d; } .c37 { color: #4cc3d0; }
.c98 { color: #a898f5; } .c131 { color: #ee958e; } .c64 { color: #a3cf55; }
.c168 { color: #f48bb2; } .c109 { color: #8fbfcd; } .c244 { color: #9ba6b2; }
}
)css";

}  // namespace

std::string_view svg_style() {
  return kStyle;
}

std::string_view svg_arrow_head() {
  return "<marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
         "markerHeight=\"7\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
         "<path class=\"head\" d=\"M0 0.6 8 4 0 7.4z\"/></marker>";
}

std::string service_class(std::string_view service) {
  return fmt::format("c{}", service_color(service));
}

}  // namespace msdemo::timeline
