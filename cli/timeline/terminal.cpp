// The timeline in block characters, put together from branches, bars and words. It exists to need
// nothing but a terminal.
#include "timeline/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "timeline/axis.hpp"
#include "timeline/bar.hpp"
#include "timeline/branches.hpp"
#include "timeline/decision_list.hpp"
#include "timeline/meanings.hpp"
#include "timeline/sentence.hpp"
#include "timeline/styled_line.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::timeline {
namespace {

constexpr int kRoomy = 80;                  ///< from so many columns on, gaps are wider
constexpr int kNameMin = 8;                 ///< columns for a name behind its indent
constexpr int kRemarkLines = 3;             ///< lines for a reason below its row
constexpr int kMissingLead = 2;             ///< dashes before words among dashes
constexpr int kLegendGap = 2;               ///< columns between two signs and their words
constexpr int kOpenLead = 3;                ///< columns behind the axis for what has not ended
constexpr std::int64_t kAxisMin_ns = 1000;  ///< clocks tell no less apart

/// By MarkKind: above the columns of durations.
constexpr std::array<std::string_view, kMarkKinds> kMarkHeadings{"free in", "done in"};
constexpr std::string_view kGrid = "·";

constexpr Style kStrong{-1, true};
constexpr Style kFaint{244};
constexpr Style kAlarm{167};

void add_words(Line& line, std::string_view words, int blanks_before, int blanks_after) {
  if (words.empty()) return;
  line.add_blanks(blanks_before);
  line.add(words, kAlarm);
  line.add_blanks(blanks_after);
}

std::string in_columns(std::string_view free, std::string_view done) {
  return fmt::format("{:>7}  {:>7}", free, done);
}

/// How long an order took until each of its marks.
std::string durations_of(const Row& row) {
  const auto until = [&row](MarkKind kind) -> std::string {
    const auto mark = std::ranges::find(row.marks, kind, &Mark::kind);
    if (mark != row.marks.end()) return format_duration(mark->at_ns - row.start_ns);
    return row.open ? "…" : "-";
  };
  return in_columns(until(MarkKind::caller_free), until(MarkKind::work_done));
}

/// How the columns are shared out.
struct Columns {
  int total = 0;
  int gap = 1;  ///< between service, name, bar and duration
  int service = 0;
  int name = 0;
  int bar = 0;
  int axis = 0;  ///< of the bar's, from its left
  int duration = 0;
};

class Picture {
 public:
  Picture(const Layout& layout, const DrawOptions& options);
  std::string draw();

 private:
  void share_out_columns();
  void add_title();
  void add_axis();
  void add_row(const Row& row, const Branch& branch);
  /// Returns whether there was room for the remark.
  bool add_bar(Line& line, const Row& row, std::string_view remark);
  void add_cells(Line& line, const std::vector<Cell>& cells, int from, int until,
                 std::string_view service);
  void add_free(Line& line, int from, int until) const;
  void add_legend();
  void add_decisions();
  std::string time_of(const Row& row) const {
    return layout_.comparison ? durations_of(row) : duration_text(row);
  }
  void emit(Line line) { out_ += line.take(); }

  const Layout& layout_;
  const DrawOptions& options_;
  const double length_ns_;  ///< of the axis
  Columns columns_;
  std::vector<Tick> ticks_;
  std::set<std::string_view> used_;  ///< signs that the legend has to explain
  std::string out_;
};

Picture::Picture(const Layout& layout, const DrawOptions& options)
    : layout_(layout),
      options_(options),
      length_ns_(static_cast<double>(std::max(layout.length_ns, kAxisMin_ns))) {
  share_out_columns();
  const int beyond = layout.comparison ? 0 : columns_.gap + columns_.duration;
  ticks_ = ticks_for(length_ns_, columns_.axis, columns_.bar + beyond);
}

void Picture::share_out_columns() {
  columns_.total = std::clamp(options_.columns, kColumnsMin, kColumnsMax);
  columns_.gap = columns_.total < kRoomy ? 1 : 2;
  int name = 0;
  for (const Row& row : layout_.rows) {
    columns_.service = std::max(columns_.service, columns_of(printable(row.service)));
    columns_.duration = std::max(columns_.duration, columns_of(time_of(row)));
    name = std::max(name, 2 * row.depth + columns_of(printable(row.name)));
  }
  columns_.service = std::min(columns_.service, columns_.total / 5);
  const int shared = columns_.total - columns_.service - columns_.duration - 3 * columns_.gap;
  columns_.name = std::min(name, shared - columns_.total / 3);
  columns_.bar = shared - columns_.name;
  const bool open = std::ranges::any_of(layout_.rows, &Row::open);
  columns_.axis = columns_.bar - (open ? kOpenLead : layout_.comparison ? 1 : 0);
}

void Picture::add_title() {
  for (const std::string& title : options_.title) {
    Line line(options_.color);
    line.add(shorten(printable(title), columns_.total), out_.empty() ? kStrong : kPlain);
    emit(std::move(line));
  }
  if (!out_.empty()) out_ += '\n';
}

void Picture::add_axis() {
  Line line(options_.color);
  line.add_blanks(columns_.service + columns_.name + 2 * columns_.gap);
  int at = 0;
  for (const Tick& tick : ticks_) {
    line.add_blanks(tick.column - at);
    line.add(tick.label, kFaint);
    at = tick.column + columns_of(tick.label);
  }
  if (layout_.comparison) {
    line.add_blanks(columns_.bar + columns_.gap - at);
    line.add(in_columns(kMarkHeadings[0], kMarkHeadings[1]), kFaint);
  }
  emit(std::move(line));
}

void Picture::add_free(Line& line, int from, int until) const {
  for (int column = from; column < until; ++column) {
    const bool on_tick =
        column > 0 && std::ranges::find(ticks_, column, &Tick::column) != ticks_.end();
    line.add(on_tick ? kGrid : " ", kFaint);
  }
}

bool Picture::add_bar(Line& line, const Row& row, std::string_view remark) {
  const std::vector<Cell> cells = cells_of(row, {length_ns_, columns_.axis, columns_.bar});
  const auto used = [](const Cell& cell) { return !cell.blank(); };
  const int begin = static_cast<int>(std::ranges::find_if(cells, used) - cells.begin());
  const int end = static_cast<int>(cells.rend() - std::find_if(cells.rbegin(), cells.rend(), used));
  const int wanted = remark.empty() ? 0 : columns_of(remark) + 1;
  const bool among = row.missing && wanted + 1 + 2 * kMissingLead <= end - begin;
  const bool behind = !among && wanted <= columns_.bar - end;
  const bool before = !among && !behind && wanted <= begin;

  add_free(line, 0, before ? begin - wanted : begin);
  if (before) add_words(line, remark, 0, 1);
  if (among) {
    add_cells(line, cells, begin, begin + kMissingLead, row.service);
    add_words(line, remark, 1, 1);
    add_cells(line, cells, begin + kMissingLead + wanted + 1, end, row.service);
  } else {
    add_cells(line, cells, begin, end, row.service);
  }
  if (behind) add_words(line, remark, 1, 0);
  add_free(line, behind ? end + wanted : end, columns_.bar);
  return among || behind || before;
}

void Picture::add_cells(Line& line, const std::vector<Cell>& cells, int from, int until,
                        std::string_view service) {
  const int color = service_color(service);
  for (int column = from; column < until; ++column) {
    const Cell& cell = cells[static_cast<std::size_t>(column)];
    const Glyph glyph = glyph_of(cell, options_.color);
    const bool marked = !cell.mark.empty();
    line.add(glyph.text, marked ? kStrong : Style{color, false, glyph.inverse});
    used_.insert(marked ? cell.mark : kTextures[static_cast<std::size_t>(kind_of(cell))]);
  }
}

void Picture::add_row(const Row& row, const Branch& branch) {
  const std::string mark = row.failed ? fmt::format("{} ", kFailed) : "";
  const std::string remark = row.remark.empty() ? "" : mark + printable(row.remark);
  if (row.failed) used_.insert(kFailed);
  if (row.apart) out_ += '\n';
  Line line(options_.color);
  line.add(fit(printable(row.service), columns_.service), {service_color(row.service)});
  line.add_blanks(columns_.gap);
  line.add(branch.row, kFaint);
  line.add(fit(printable(row.name), columns_.name - columns_of(branch.row)),
           row.missing ? kFaint : kPlain);
  line.add_blanks(columns_.gap);
  const bool remark_placed = add_bar(line, row, remark);
  const std::string duration = time_of(row);
  line.add_blanks(columns_.gap + columns_.duration - columns_of(duration));
  line.add(duration, row.failed ? kAlarm : kPlain);
  emit(std::move(line));
  if (remark_placed || remark.empty()) return;
  const int indent = columns_.service + columns_.gap + columns_of(branch.below);
  for (const std::string& part : wrap(remark, columns_.total - indent, kRemarkLines)) {
    Line below(options_.color);
    below.add_blanks(columns_.service + columns_.gap);
    below.add(branch.below, kFaint);
    below.add(part, kAlarm);
    emit(std::move(below));
  }
}

void Picture::add_legend() {
  Line line(options_.color);
  int at = 0;
  const auto entry = [&](std::string_view sign, std::string_view words) {
    if (!used_.contains(sign)) return;
    const int columns = columns_of(sign) + 1 + columns_of(words);
    if (at > 0 && at + kLegendGap + columns > columns_.total) {
      emit(std::exchange(line, Line(options_.color)));
      at = 0;
    }
    const int gap = at > 0 ? kLegendGap : 0;
    line.add(fmt::format("{:{}}{} {}", "", gap, sign, words), kFaint);
    at += gap + columns;
  };
  out_ += '\n';
  const Meanings& meanings = layout_.comparison ? kMeaningsOfOrders : kMeanings;
  for (std::size_t kind = 0; kind < kSegmentKinds; ++kind) entry(kTextures[kind], meanings[kind]);
  for (std::size_t kind = 0; kind < kMarkKinds; ++kind) entry(kMarks[kind], kMarkMeanings[kind]);
  entry(kMarksTogether, kMarksTogetherMeaning);
  entry(kFailed, kFailedMeaning);
  emit(std::move(line));
}

void Picture::add_decisions() {
  if (layout_.decisions.empty()) return;
  const std::size_t shown = std::min(layout_.decisions.size(), kNumbers.size());
  Line heading(options_.color);
  heading.add("why:", kStrong);
  out_ += '\n';
  emit(std::move(heading));
  out_ += list_decisions(std::span(layout_.decisions).first(shown), columns_.total, options_.color);
  if (shown == layout_.decisions.size()) return;
  Line rest(options_.color);
  rest.add(fmt::format("  {}", kHigherNumber), kStrong);
  const auto left_out = static_cast<std::int64_t>(layout_.decisions.size() - shown);
  rest.add(fmt::format("  {} more: {}", format_count(left_out), options_.why_command));
  emit(std::move(rest));
}

std::string Picture::draw() {
  add_title();
  if (layout_.rows.empty()) return out_ + "no spans arrived\n";
  add_axis();
  const int levels = std::max((columns_.name - kNameMin) / 2, 0);
  const std::vector<Branch> each = branches_of(layout_.rows, levels);
  for (std::size_t at = 0; at < each.size(); ++at) add_row(layout_.rows[at], each[at]);
  add_legend();
  add_decisions();
  return std::move(out_);
}

}  // namespace

std::string draw(const Layout& layout, const DrawOptions& options) {
  return Picture(layout, options).draw();
}

std::string duration_text(const Row& row) {
  if (row.missing) return "?";
  return row.open ? "…" : format_duration(row.end_ns - row.start_ns);
}

std::string format_duration(std::int64_t duration_ns) {
  const double size_ns = std::abs(static_cast<double>(duration_ns));
  const std::string_view sign = duration_ns < 0 ? "-" : "";
  if (size_ns < 999.5) return fmt::format("{} ns", duration_ns);
  for (const Unit& unit : kUnits) {
    const double value = size_ns / unit.ns;
    if (value >= 999.5 && &unit != &kUnits.back()) continue;
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return fmt::format("{}{:.{}f} {}", sign, value, decimals, unit.name);
  }
  return {};
}

int service_color(std::string_view service) {
  struct Known {
    std::string_view service;
    int color;
  };
  static constexpr std::array<Known, 5> kKnown{
      {{"client", 245}, {"order", 32}, {"user", 172}, {"broker", 133}, {"notify", 35}}};
  static constexpr std::array<int, 6> kOthers{37, 98, 131, 64, 168, 109};
  if (service.empty()) return kFaint.color;
  const auto known = std::ranges::find(kKnown, service, &Known::service);
  if (known != kKnown.end()) return known->color;
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char letter : service) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return kOthers[hash % kOthers.size()];
}

}  // namespace msdemo::timeline
