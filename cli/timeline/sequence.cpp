#include "timeline/sequence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "timeline/meanings.hpp"
#include "timeline/sentence.hpp"
#include "timeline/svg_style.hpp"
#include "timeline/svg_text.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::timeline {
namespace {

// In px, as in svg.cpp.
constexpr double kWidth = 960;
constexpr double kMargin = 26;
constexpr double kRow = 30;
constexpr double kTimes = 76;  ///< the column of times
constexpr double kFont = 12.5;
constexpr double kTitle = 17;
constexpr double kBold = 1.13;
constexpr double kHead = 26;  ///< the height of a service's name

class Sequence {
 public:
  explicit Sequence(std::vector<Step> steps) : steps_(std::move(steps)) {
    for (const Step& step : steps_) {
      add_lane(step.from);
      if (!step.to.empty()) add_lane(step.to);
    }
    const double room = kWidth - 2 * kMargin - kTimes;
    spacing_ = room / static_cast<double>(std::max<std::size_t>(lanes_.size(), 1));
  }

  std::string draw(const std::string& title, const std::string& subtitle) {
    add_title(title, subtitle);
    const double top = y_;
    y_ += kHead + 10;
    std::string above = std::exchange(body_, {});
    for (const Step& step : steps_) add(step);
    return frame(title, above + lanes(top, y_ + 4) + body_);
  }

 private:
  void add_lane(const std::string& service) {
    if (std::ranges::find(lanes_, service) == lanes_.end()) lanes_.push_back(service);
  }

  double x(const std::string& service) const {
    const auto at = std::ranges::find(lanes_, service) - lanes_.begin();
    return kMargin + kTimes + spacing_ * (static_cast<double>(at) + 0.5);
  }

  void add_title(const std::string& title, const std::string& subtitle) {
    for (const std::string& line :
         wrap_to(printable(title), kWidth - 2 * kMargin, kTitle * kBold, 3)) {
      body_ += text_at(kMargin, y_ + kTitle * 0.8, "ink title", line);
      y_ += kTitle * 1.35;
    }
    body_ += text_at(kMargin, y_ + 11, "soft small", subtitle);
    y_ += 32;
  }

  std::string lanes(double top, double bottom) const {
    std::string out;
    for (const std::string& lane : lanes_) {
      const double at = x(lane);
      const double width = std::min(text_width(printable(lane), kFont) * kBold + 24, spacing_ - 10);
      out += fmt::format(
          "<g class=\"{0}\"><path class=\"line\" d=\"M{1} {2}V{3}\"/><rect class=\"waits\" "
          "x=\"{4}\" "
          "y=\"{5}\" width=\"{6}\" height=\"{7}\" rx=\"5\"/><text class=\"by middle\" x=\"{1}\" "
          "y=\"{8}\">{9}</text></g>\n",
          service_class(lane), px(at), px(top + kHead), px(bottom), px(at - width / 2), px(top),
          px(width), px(kHead), px(top + 17.3),
          markup(shorten_to(printable(lane), width - 12, kFont * kBold)));
    }
    return out;
  }

  void add(const Step& step) {
    y_ += kRow;
    const double line = y_ - 6;
    body_ += text_at(kMargin + kTimes - 18, line + 4, "soft time end small",
                     format_milliseconds(step.at_ns));
    const std::string words =
        step.failed ? fmt::format("{} {}", kFailed, printable(step.words)) : printable(step.words);
    step.kind == Step::Kind::own ? add_own(step, line, words) : add_arrow(step, line, words);
    body_ += "\n";
  }

  /// Beside its lane, towards where there is more room.
  void add_own(const Step& step, double line, const std::string& words) {
    const double at = x(step.from);
    const bool right = at < kWidth * 0.62;
    const double room = right ? kWidth - kMargin - at - 12 : at - kMargin - kTimes - 12;
    body_ += fmt::format("<g class=\"{}\"><circle class=\"work\" cx=\"{}\" cy=\"{}\" r=\"4\"/></g>",
                         service_class(step.from), px(at), px(line));
    body_ += text_at(right ? at + 11 : at - 11, line + 4.3,
                     fmt::format("{} over{}", step.failed ? "bad" : "ink", right ? "" : " end"),
                     shorten_to(words, room, kFont));
  }

  void add_arrow(const Step& step, double line, const std::string& words) {
    const double from = x(step.from);
    const double to = x(step.to);
    const double towards = to > from ? -1 : 1;
    const bool answer = step.kind == Step::Kind::answer;
    body_ += fmt::format("<path class=\"arrow{}\" marker-end=\"url(#head)\" d=\"M{} {}H{}\"/>",
                         answer ? " back" : "", px(from), px(line), px(to + towards));
    body_ += text_at((from + to) / 2, line - 7,
                     fmt::format("{} over middle", step.failed ? "bad"
                                                   : answer    ? "soft"
                                                               : "ink"),
                     shorten_to(words, std::max(std::abs(to - from) - 12, spacing_ * 1.5), kFont));
  }

  std::string frame(const std::string& title, const std::string& drawn) const {
    const double height = std::ceil(y_ + kMargin - 4);
    std::string told;
    for (const Step& step : steps_) {
      told += fmt::format(" {} {}{}: {}.", format_milliseconds(step.at_ns), step.from,
                          step.to.empty() ? "" : " to " + step.to, step.words);
    }
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" role=\"img\" aria-labelledby=\"title desc\">\n<title "
        "id=\"title\">{2}</title>\n"
        "<desc id=\"desc\">Who told whom:{3}</desc>\n<style>{4}</style>\n<defs>{5}</defs>\n"
        "<rect class=\"page\" width=\"{0}\" height=\"{1}\" rx=\"8\"/>\n{6}</svg>\n",
        px(kWidth), px(height), markup(title), markup(told), svg_style(), svg_arrow_head(), drawn);
  }

  std::vector<Step> steps_;
  std::vector<std::string> lanes_;  ///< services, as they first take part
  double spacing_ = 0;
  double y_ = kMargin;
  std::string body_;
};

}  // namespace

std::string draw_sequence(std::span<const trace::SpanRecord> spans, const std::string& title,
                          const std::string& subtitle) {
  return Sequence(steps_of(spans)).draw(title, subtitle);
}

}  // namespace msdemo::timeline
