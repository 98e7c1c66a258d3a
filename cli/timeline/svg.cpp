#include "timeline/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "timeline/axis.hpp"
#include "timeline/meanings.hpp"
#include "timeline/sentence.hpp"
#include "timeline/svg_style.hpp"
#include "timeline/svg_text.hpp"
#include "timeline/terminal.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::timeline {
namespace {

// All in px of a picture that is kWidth wide; it scales.
constexpr double kWidth = 960;
constexpr double kMargin = 26;
constexpr double kRow = 25;
constexpr double kRemark = 17;  ///< a line below a row
constexpr double kBar = 12;
constexpr double kBarMin = 2.5;  ///< what takes less time is still seen
constexpr double kGap = 14;      ///< between service, name, bars and duration
constexpr double kIndent = 14;   ///< a level of the tree
constexpr double kNamesMax = 330;
constexpr double kOpen = 22;   ///< beyond the axis, for what has not ended
constexpr double kSign = 7.5;  ///< the radius of a decision's number
constexpr double kFont = 12.5;
constexpr double kSmall = 11.5;
constexpr double kTitle = 17;
constexpr double kBold = 1.13;     ///< how much wider bold letters are
constexpr double kBaseline = 4.3;  ///< from the middle of a row down to its letters' feet
constexpr int kRemarkLines = 4;
constexpr int kTickColumn = 8;  ///< a letter of a tick's label
constexpr std::int64_t kAxisMin_ns = 1000;

/// A number in a circle, where a rule decided.
std::string sign(double x, double y, std::size_t number) {
  return fmt::format("<circle class=\"sign\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>{}", px(x), px(y),
                     px(kSign), text_at(x, y + 3.4, "ink number middle", std::to_string(number)));
}

std::string_view css_of(SegmentKind kind) {
  constexpr std::array<std::string_view, kSegmentKinds> kCss{"work", "waits", "queued", "lost"};
  return kCss[static_cast<std::size_t>(kind)];
}

/// What a row shows, for whoever points at it or does not see it.
std::string words_of(const Row& row) {
  std::string out = row.service.empty() ? row.name : fmt::format("{} {}", row.service, row.name);
  if (row.missing) return fmt::format("{}: {}", out, row.remark);
  out += fmt::format(": {} from {} on", duration_text(row), format_milliseconds(row.start_ns));
  std::string parts;
  for (const SegmentKind kind : {SegmentKind::work, SegmentKind::waiting, SegmentKind::queued}) {
    const std::int64_t spent_ns = time_spent(row, kind);
    if (spent_ns <= 0) continue;
    parts += fmt::format("{}{} {}", parts.empty() ? "; " : ", ",
                         kMeanings[static_cast<std::size_t>(kind)], format_duration(spent_ns));
  }
  out += parts;
  if (!row.remark.empty()) out += fmt::format("; {}{}", row.failed ? "failed: " : "", row.remark);
  return out;
}

class Drawing {
 public:
  Drawing(const Layout& layout, const SvgOptions& options);
  std::string draw();

 private:
  void share_out_width();
  void add_title();
  std::string axis(double top, double bottom) const;
  void add_row(std::size_t at);
  void add_branch(const Row& row, std::size_t at);
  void add_bar(const Row& row, double y);
  /// Where the number of a decision stands.
  struct Sign {
    double x = 0;
    std::size_t decision = 0;
  };
  std::vector<Sign> signs_of(const Row& row) const;
  void add_marks(const Row& row, double y);
  /// Beside the bar where there is room, else below the row.
  void add_remark(const Row& row, double y);
  void add_arrow(const Row& row, std::size_t at);
  void add_legend();
  void add_decisions();
  std::string describe() const;
  double x(std::int64_t at_ns) const {
    return bars_ + static_cast<double>(at_ns) / length_ns_ * axis_;
  }
  double end_of(const Row& row) const {
    if (row.open) return bars_ + axis_ + kOpen;
    return std::max(x(row.end_ns), x(row.start_ns) + kBarMin);
  }

  const Layout& layout_;
  const SvgOptions& options_;
  const double length_ns_;
  double services_ = 0;          ///< width
  double names_ = 0;             ///< width
  double bars_ = 0;              ///< where they begin
  double axis_ = 0;              ///< width
  double y_ = kMargin;           ///< how far the picture has come
  std::vector<double> middles_;  ///< of rows
  std::set<SegmentKind> used_;
  std::string body_;
  std::string arrows_;  ///< below the rows, so that none crosses a word
  std::string signs_;   ///< above them
};

Drawing::Drawing(const Layout& layout, const SvgOptions& options)
    : layout_(layout),
      options_(options),
      length_ns_(static_cast<double>(std::max(layout.length_ns, kAxisMin_ns))) {
  share_out_width();
}

void Drawing::share_out_width() {
  double durations = 0;
  bool open = false;
  for (const Row& row : layout_.rows) {
    services_ = std::max(services_, text_width(printable(row.service), kFont * kBold));
    names_ = std::max(names_, kIndent * row.depth + text_width(printable(row.name), kFont));
    durations = std::max(durations, text_width(duration_text(row), kFont));
    open = open || row.open;
  }
  services_ = std::min(services_, kWidth / 6);
  names_ = std::min(names_, kNamesMax);
  bars_ = kMargin + services_ + kGap + names_ + kGap;
  axis_ = kWidth - kMargin - durations - kGap - bars_ - (open ? kOpen : 0);
}

void Drawing::add_title() {
  if (options_.for_page) {
    y_ = 8;
    return;
  }
  for (const std::string& line :
       wrap_to(printable(options_.title), kWidth - 2 * kMargin, kTitle * kBold, 3)) {
    body_ += text_at(kMargin, y_ + kTitle * 0.8, "ink title", line) + "\n";
    y_ += kTitle * 1.35;
  }
  if (!options_.subtitle.empty()) {
    body_ += text_at(kMargin, y_ + kSmall, "soft small", options_.subtitle) + "\n";
    y_ += kSmall * 1.5;
  }
  y_ += 14;
}

std::string Drawing::axis(double top, double bottom) const {
  const auto room = static_cast<int>((kWidth - kMargin - bars_) / kTickColumn);
  std::string out;
  for (const Tick& tick : ticks_for(length_ns_, static_cast<int>(axis_ / kTickColumn), room)) {
    const double at = bars_ + tick.at_ns / length_ns_ * axis_;
    out += text_at(at, top, "soft small", tick.label);
    out += fmt::format("<path class=\"line\" d=\"M{} {}V{}\"/>\n", px(at), px(top + 7), px(bottom));
  }
  return out;
}

void Drawing::add_branch(const Row& row, std::size_t at) {
  const double y = middles_[at];
  const double left = kMargin + services_ + kGap;
  const double name_x = left + kIndent * row.depth;
  if (row.follows) {
    body_ += fmt::format("<path class=\"tree\" marker-end=\"url(#head)\" d=\"M{} {}h6\"/>",
                         px(name_x - 11), px(y));
  } else if (row.depth > 0) {
    std::size_t above = at;
    while (above > 0 && layout_.rows[--above].depth >= row.depth) {
    }
    body_ += fmt::format("<path class=\"tree\" d=\"M{} {}V{}h5\"/>", px(name_x - 9),
                         px(middles_[above] + 9), px(y));
  }
  const std::string name = shorten_to(printable(row.name), names_ - kIndent * row.depth, kFont);
  body_ += text_at(name_x, y + kBaseline, row.missing ? "soft" : "ink", name);
}

void Drawing::add_bar(const Row& row, double y) {
  const double top = y - kBar / 2;
  const double from = x(row.start_ns);
  const double until = end_of(row);
  if (row.missing) {
    body_ += rect_at("lost", from, top + 0.5, until - from, kBar - 1, 3);
    used_.insert(SegmentKind::missing);
    return;
  }
  // Short stretches are widened, so each is painted over what came before it.
  for (const Segment& segment : row.segments) {
    used_.insert(segment.kind);
    const bool last = &segment == &row.segments.back();
    const double begin = x(segment.start_ns);
    const double end = last ? until : x(segment.end_ns);
    const double width =
        segment.kind == SegmentKind::work ? std::max(end - begin, 1.2) : end - begin;
    const bool whole = row.segments.size() == 1;
    body_ += rect_at(css_of(segment.kind), std::min(begin, until - 1.2), top, width, kBar,
                     whole ? std::min(3.0, width / 2) : 1);
  }
}

std::vector<Drawing::Sign> Drawing::signs_of(const Row& row) const {
  constexpr double kApart = 2 * kSign + 1;
  std::vector<Sign> signs;
  double free_from = 0;  // decisions of the same moment stand side by side
  for (const Mark& mark : row.marks) {
    if (mark.kind != MarkKind::decision || mark.decision > options_.decisions_max) continue;
    signs.push_back({std::max(x(mark.at_ns), free_from), mark.decision});
    free_from = signs.back().x + kApart;
  }
  double free_to = bars_ + axis_ + kGap - kSign - 4;  // not over the duration
  for (auto each = signs.rbegin(); each != signs.rend(); ++each) {
    each->x = std::min(each->x, free_to);
    free_to = each->x - kApart;
  }
  return signs;
}

void Drawing::add_marks(const Row& row, double y) {
  for (const Sign& each : signs_of(row)) {
    signs_ += fmt::format("<g><title>{}</title>{}</g>\n",
                          markup(layout_.decisions[each.decision - 1].rule),
                          sign(each.x, y, each.decision));
  }
}

void Drawing::add_remark(const Row& row, double y) {
  if (row.remark.empty()) return;
  const std::string words =
      row.failed ? fmt::format("{} {}", kFailed, printable(row.remark)) : printable(row.remark);
  const std::string_view css = row.failed ? "bad over small" : "soft over small";
  const double wanted = text_width(words, kSmall) + 10;
  const std::vector<Sign> signs = signs_of(row);
  const double end = signs.empty() ? end_of(row) : std::max(end_of(row), signs.back().x + kSign);
  if (end + wanted < bars_ + axis_) {
    body_ += text_at(end + 7, y + kBaseline, css, words);
  } else if (wanted < x(row.start_ns) - bars_ && signs.empty()) {
    body_ += text_at(x(row.start_ns) - 7, y + kBaseline, fmt::format("{} end", css), words);
  } else {
    const double left = kMargin + services_ + kGap + kIndent * (row.depth + 1);
    for (const std::string& line : wrap_to(words, kWidth - kMargin - left, kSmall, kRemarkLines)) {
      body_ += text_at(left, y_ + kSmall - 1, css, line);
      y_ += kRemark;
    }
  }
}

void Drawing::add_arrow(const Row& row, std::size_t at) {
  if (!row.sender) return;
  const Row& sender = layout_.rows[*row.sender];
  const double to = x(row.start_ns) + (row.missing ? 4 : 1);
  const double from = std::clamp(to, x(sender.start_ns), end_of(sender));
  const double from_y = middles_[*row.sender];
  const double to_y = middles_[at] - kBar / 2 - 1;
  const std::string start = from == to ? fmt::format("M{} {}", px(to), px(from_y + kBar / 2))
                                       : fmt::format("M{} {}H{}", px(from), px(from_y), px(to));
  arrows_ += fmt::format("<path class=\"arrow\" marker-end=\"url(#head)\" d=\"{}V{}\"/>\n", start,
                         px(to_y));
}

void Drawing::add_row(std::size_t at) {
  const Row& row = layout_.rows[at];
  if (row.apart) y_ += kRow / 2;
  const double y = y_ + kRow / 2;
  middles_.push_back(y);
  y_ += kRow;
  body_ += fmt::format("<g class=\"{}\"", service_class(row.service));
  if (options_.for_page && row.span_id.valid()) {
    body_ += fmt::format(" data-span=\"{}\"", row.span_id.hex());
  }
  body_ += fmt::format("><title>{}</title>", markup(words_of(row)));
  if (options_.for_page) {
    body_ += fmt::format("<rect class=\"stripe\" x=\"8\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                         px(y - kRow / 2), px(kWidth - 16), px(kRow));
  }
  body_ +=
      text_at(kMargin, y + kBaseline, "by", shorten_to(printable(row.service), services_, kFont));
  add_branch(row, at);
  add_bar(row, y);
  body_ += text_at(kWidth - kMargin, y + kBaseline, row.failed ? "bad time end" : "ink time end",
                   duration_text(row));
  add_remark(row, y);
  body_ += "</g>\n";
  add_marks(row, y);
  add_arrow(row, at);
}

void Drawing::add_legend() {
  y_ += 18;
  double left = kMargin;
  const auto entry = [&](double width, const std::string& drawn, std::string_view words) {
    const double wanted = width + 7 + text_width(words, kSmall) + 18;
    if (left + wanted > kWidth - kMargin && left > kMargin) {
      left = kMargin;
      y_ += kRow - 5;
    }
    body_ += fmt::format("<g transform=\"translate({} {})\">{}{}</g>\n", px(left), px(y_), drawn,
                         text_at(width + 7, kBaseline, "soft small", words));
    left += wanted;
  };
  for (const SegmentKind kind : used_) {
    const std::string css = kind == SegmentKind::queued ? service_class("broker") : "c245";
    entry(26, fmt::format("<g class=\"{}\">{}</g>", css, rect_at(css_of(kind), 0, -6, 26, 12, 2)),
          kMeanings[static_cast<std::size_t>(kind)]);
  }
  const auto any = [this](auto member) { return std::ranges::any_of(layout_.rows, member); };
  if (any([](const Row& row) { return row.sender.has_value(); })) {
    entry(22, "<path class=\"arrow\" marker-end=\"url(#head)\" d=\"M0 0h18\"/>",
          "the message, to who took it");
  }
  if (!layout_.decisions.empty()) entry(15, sign(7.5, 0, 1), "a rule decided");
  if (any(&Row::failed)) entry(9, text_at(0, kBaseline, "bad", kFailed), kFailedMeaning);
  y_ += 14;
}

void Drawing::add_decisions() {
  if (layout_.decisions.empty() || options_.for_page) return;
  y_ += 20;
  body_ += text_at(kMargin, y_, "ink strong", "why") + "\n";
  y_ += 10;
  double times = 0;
  double services = 0;
  const std::size_t shown = std::min(layout_.decisions.size(), options_.decisions_max);
  for (std::size_t at = 0; at < shown; ++at) {
    const Decision& decision = layout_.decisions[at];
    times = std::max(times, text_width(format_milliseconds(decision.at_ns), kFont));
    services = std::max(services, text_width(printable(decision.service), kFont * kBold));
  }
  const double left = kMargin + 2 * kSign + 10 + times + kGap + services + kGap;
  for (std::size_t at = 0; at < shown; ++at) {
    const Decision& decision = layout_.decisions[at];
    const double y = y_ + 11;
    body_ += sign(kMargin + kSign, y, at + 1);
    body_ += text_at(kMargin + 2 * kSign + 10 + times, y + kBaseline, "soft time end",
                     format_milliseconds(decision.at_ns));
    body_ += fmt::format("<g class=\"{}\">{}</g>", service_class(decision.service),
                         text_at(left - kGap - services, y + kBaseline, "by", decision.service));
    for (const std::string& line :
         wrap_to(printable(decision.rule), kWidth - kMargin - left, kFont, kRemarkLines)) {
      body_ += text_at(left, y_ + 11 + kBaseline, "ink", line) + "\n";
      y_ += 20;
    }
  }
  if (shown == layout_.decisions.size()) return;
  const auto rest = static_cast<std::int64_t>(layout_.decisions.size() - shown);
  body_ += text_at(left, y_ + 11 + kBaseline, "soft",
                   fmt::format("{} more: {}", format_count(rest), options_.why_command)) +
           "\n";
  y_ += 20;
}

std::string Drawing::describe() const {
  std::string out = fmt::format("A timeline of {}: {}.", format_duration(layout_.length_ns),
                                count_of(static_cast<std::int64_t>(layout_.rows.size()), "row"));
  for (const Row& row : layout_.rows) out += fmt::format(" {}.", words_of(row));
  return out;
}

std::string Drawing::draw() {
  add_title();
  const double axis_y = y_ + kSmall;
  y_ = axis_y + 11;
  std::string before = std::exchange(body_, {});
  for (std::size_t at = 0; at < layout_.rows.size(); ++at) add_row(at);
  body_ = before + axis(axis_y, y_ + 4) + arrows_ + body_ + signs_;
  add_legend();
  add_decisions();
  y_ += options_.for_page ? 0 : kMargin - 8;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\" aria-labelledby=\"title desc\">\n"
      "<title id=\"title\">{2}</title>\n<desc id=\"desc\">{3}</desc>\n<style>{4}</style>\n"
      "<defs>\n{8}\n"
      "<pattern id=\"queued\" class=\"{5}\" width=\"6\" height=\"6\" "
      "patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M1.5 0v6\"/></pattern>\n</defs>\n"
      "{6}{7}</svg>\n",
      px(kWidth), px(std::ceil(y_)), markup(options_.title), markup(describe()), svg_style(),
      service_class("broker"),
      options_.for_page ? "" : rect_at("page", 0, 0, kWidth, std::ceil(y_), 8) + "\n", body_,
      svg_arrow_head());
}

}  // namespace

std::string draw_svg(const Layout& layout, const SvgOptions& options) {
  return Drawing(layout, options).draw();
}

}  // namespace msdemo::timeline
