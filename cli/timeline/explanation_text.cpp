// An explanation as lines of text. It exists apart from the explaining, which is the same in JSON.
#include <string_view>
#include <utility>

#include "timeline/decision_list.hpp"
#include "timeline/styled_line.hpp"
#include "timeline/text_width.hpp"
#include "timeline/why.hpp"

namespace msdemo::timeline {
namespace {

constexpr Style kStrong{-1, true};
constexpr int kIndent = 2;
constexpr int kSentenceLines = 20;

std::string lines_of(std::string_view text, int columns, bool color, int indent,
                     const Style& style) {
  std::string out;
  int blanks = indent;
  for (const std::string& part : wrap(printable(text), columns - 2 * indent, kSentenceLines)) {
    Line line(color);
    line.add_blanks(blanks);
    line.add(part, style);
    out += line.take();
    blanks = 2 * indent;
  }
  return out;
}

}  // namespace

std::string format_explanation(const Explanation& explanation, int columns, bool color) {
  std::string out = lines_of(explanation.headline, columns, color, 0, kStrong);
  if (!explanation.decisions.empty()) {
    out += "\ndecided:\n" + list_decisions(explanation.decisions, columns, color);
  }
  if (!explanation.measured.empty()) out += "\nmeasured:\n";
  for (const std::string& sentence : explanation.measured) {
    out += lines_of(sentence, columns, color, kIndent, kPlain);
  }
  return out;
}

}  // namespace msdemo::timeline
