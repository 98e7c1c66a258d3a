#include "timeline/decision_list.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "timeline/sentence.hpp"
#include "timeline/styled_line.hpp"
#include "timeline/terminal.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::timeline {
namespace {

constexpr int kIndent = 2;
constexpr int kGap = 2;
constexpr int kRuleLines = 8;  ///< more than a rule of limits::kAttributeBytes is hardly readable

}  // namespace

std::string list_decisions(std::span<const Decision> decisions, int columns, bool color) {
  const int numbers = columns_of(fmt::format("{}", decisions.size()));
  int times = 0;
  int services = 0;
  for (const Decision& decision : decisions) {
    times = std::max(times, columns_of(format_milliseconds(decision.at_ns)));
    services = std::max(services, columns_of(printable(decision.service)));
  }
  services = std::min(services, columns / 5);
  const int indent = kIndent + numbers + kGap + times + kGap + services + kGap;
  std::string out;
  int number = 0;
  for (const Decision& decision : decisions) {
    Line line(color);
    line.add_blanks(kIndent);
    line.add(fmt::format("{:>{}}", ++number, numbers), {-1, true});
    line.add_blanks(kGap);
    line.add(fmt::format("{:>{}}", format_milliseconds(decision.at_ns), times), {244});
    line.add_blanks(kGap);
    line.add(fit(printable(decision.service), services), {service_color(decision.service)});
    int blanks = kGap;
    for (const std::string& part : wrap(printable(decision.rule), columns - indent, kRuleLines)) {
      line.add_blanks(blanks);
      line.add(part);
      out += std::exchange(line, Line(color)).take();
      blanks = indent;
    }
  }
  return out;
}

}  // namespace msdemo::timeline
