// The timeline in block characters. It exists to need nothing but a terminal: positions are kept to
// an eighth of a column, and every meaning has a shape of its own before it has a colour.
#include "timeline/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

#include "timeline/styled_line.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::timeline {
namespace {

constexpr int kRoomy = 80;       ///< from so many columns on, gaps are wider
constexpr int kNameMin = 8;      ///< columns for a name behind its indent
constexpr int kTickGap = 3;      ///< columns between the labels of two ticks
constexpr int kTickSpacing = 4;  ///< columns between two ticks, at least
constexpr int kTicks = 7;        ///< about how many there are at most
constexpr int kRemarkLines = 3;  ///< lines for a reason below its row
constexpr int kMissingLead = 2;  ///< dashes before words among dashes
constexpr int kEighths = 8;

constexpr std::array<std::string_view, 9> kLeftBlocks{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
constexpr std::string_view kWaiting = "░";
constexpr std::string_view kMissing = "┄";
constexpr std::string_view kGrid = "·";
constexpr std::string_view kFailed = "✗";

constexpr Style kStrong{-1, true};
constexpr Style kFaint{244};
constexpr Style kAlarm{167};

void add_words(Line& line, std::string_view words, int blanks_before, int blanks_after) {
  if (words.empty()) return;
  line.add_blanks(blanks_before);
  line.add(words, kAlarm);
  line.add_blanks(blanks_after);
}

/// How the columns are shared out.
struct Columns {
  int total = 0;
  int gap = 1;  ///< between service, name, bar and duration
  int service = 0;
  int name = 0;
  int bar = 0;
  int duration = 0;

  int before_bar() const { return service + gap + name + gap; }
};

/// The lines that lead from callers to what they called.
struct Branch {
  std::string row;    ///< before the row's name
  std::string below;  ///< before a further line of the row
};

struct Tick {
  int column = 0;  ///< of the bar's
  std::string label;
};

/// One column of a bar: which of its eighths, the leftmost being bit 0, are what.
struct Cell {
  unsigned work = 0;
  unsigned waiting = 0;
  unsigned missing = 0;

  bool blank() const { return (work | waiting | missing) == 0; }
};

/// Remembers which textures a picture shows, for its legend.
struct Used {
  bool work = false;
  bool waiting = false;
  bool missing = false;
  bool failed = false;
};

struct Unit {
  std::string_view name;
  double ns;
};
constexpr std::array<Unit, 4> kUnits{{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

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
  std::vector<Branch> branches() const;
  int indent_limit() const { return std::max((columns_.name - kNameMin) / 2 * 2, 0); }
  double eighth(std::int64_t at_ns) const;
  std::vector<Cell> cells_of(const Row& row) const;
  void emit(Line line) { out_ += line.take(); }

  const Layout& layout_;
  const DrawOptions& options_;
  const double length_ns_;  ///< of the axis
  Columns columns_;
  std::vector<Tick> ticks_;
  Used used_;
  std::string out_;
};

/// The ticks at a multiple of 1, 2 or 5 whose labels keep apart, in `columns` for the axis and
/// `room` for the last label.
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
        ticks.push_back({static_cast<int>(std::lround(at * spacing)),
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

Picture::Picture(const Layout& layout, const DrawOptions& options)
    : layout_(layout),
      options_(options),
      length_ns_(static_cast<double>(std::max<std::int64_t>(layout.length_ns, 1))) {
  share_out_columns();
  ticks_ = ticks_for(length_ns_, columns_.bar, columns_.bar + columns_.gap + columns_.duration);
}

void Picture::share_out_columns() {
  columns_.total = std::clamp(options_.columns, kColumnsMin, kColumnsMax);
  columns_.gap = columns_.total < kRoomy ? 1 : 2;
  int name = 0;
  for (const Row& row : layout_.rows) {
    columns_.service = std::max(columns_.service, columns_of(printable(row.service)));
    columns_.duration =
        std::max(columns_.duration, columns_of(format_duration(row.end_ns - row.start_ns)));
    name = std::max(name, 2 * row.depth + columns_of(printable(row.name)));
  }
  columns_.service = std::min(columns_.service, columns_.total / 5);
  const int bar_min = columns_.total / 3;
  const int shared = columns_.total - columns_.service - columns_.duration - 3 * columns_.gap;
  columns_.name = std::min(name, shared - bar_min);
  columns_.bar = shared - columns_.name;
}

void Picture::add_title() {
  for (const std::string& title : options_.title) {
    Line line(options_.color);
    line.add(shorten(printable(title), columns_.total), out_.empty() ? kStrong : kPlain);
    emit(std::move(line));
  }
  if (!options_.title.empty()) out_ += '\n';
}

void Picture::add_axis() {
  Line line(options_.color);
  line.add_blanks(columns_.before_bar());
  int at = 0;
  for (const Tick& tick : ticks_) {
    line.add_blanks(tick.column - at);
    line.add(tick.label, kFaint);
    at = tick.column + columns_of(tick.label);
  }
  emit(std::move(line));
}

std::vector<Branch> Picture::branches() const {
  std::vector<Branch> branches(layout_.rows.size());
  const int levels_max = indent_limit() / 2;
  std::vector<bool> continues;  ///< by depth: a sibling follows further down
  for (std::size_t at = layout_.rows.size(); at-- > 0;) {
    const auto depth = static_cast<std::size_t>(layout_.rows[at].depth);
    const bool has_children = continues.size() > depth + 1 && continues[depth + 1];
    continues.resize(depth + 1, false);
    Branch& branch = branches[at];
    const std::size_t cut = std::max(static_cast<int>(depth) - levels_max, 0);
    for (std::size_t level = cut + 1; level <= depth; ++level) {
      const bool own = level == depth;
      branch.row += !own ? (continues[level] ? "│ " : "  ") : (continues[level] ? "├ " : "└ ");
      branch.below += continues[level] ? "│ " : "  ";
    }
    if (cut > 0 && !branch.row.empty()) branch.row.replace(0, branch.row.find(' '), "…");
    branch.below += has_children ? "│ " : "  ";
    continues[depth] = true;
  }
  return branches;
}

double Picture::eighth(std::int64_t at_ns) const {
  const double whole = static_cast<double>(columns_.bar) * kEighths;
  return std::clamp(std::round(static_cast<double>(at_ns) / length_ns_ * whole), 0.0, whole);
}

std::vector<Cell> Picture::cells_of(const Row& row) const {
  std::vector<Cell> cells(static_cast<std::size_t>(columns_.bar));
  const auto mark = [&cells](std::size_t at, SegmentKind kind) {
    Cell& cell = cells[at / kEighths];
    unsigned& eighths = kind == SegmentKind::work      ? cell.work
                        : kind == SegmentKind::waiting ? cell.waiting
                                                       : cell.missing;
    eighths |= 1U << at % kEighths;
  };
  for (const Segment& segment : row.segments) {
    const auto end = static_cast<std::size_t>(eighth(segment.end_ns));
    for (auto at = static_cast<std::size_t>(eighth(segment.start_ns)); at < end; ++at) {
      mark(at, segment.kind);
    }
  }
  if (std::ranges::all_of(cells, &Cell::blank)) {
    const auto at = static_cast<std::size_t>(eighth(row.start_ns));
    mark(std::min(at, cells.size() * kEighths - 1), row.segments.front().kind);
  }
  return cells;
}

void Picture::add_free(Line& line, int from, int until) const {
  for (int column = from; column < until; ++column) {
    const bool on_tick =
        column > 0 && std::ranges::find(ticks_, column, &Tick::column) != ticks_.end();
    line.add(on_tick ? kGrid : " ", kFaint);
  }
}

bool Picture::add_bar(Line& line, const Row& row, std::string_view remark) {
  const std::vector<Cell> cells = cells_of(row);
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
    if (cell.work != 0) {
      const auto [glyph, inverse] = work_glyph(cell.work, options_.color);
      line.add(glyph, {color, false, inverse});
      used_.work = true;
    } else if (cell.waiting != 0) {
      line.add(kWaiting, {color});
      used_.waiting = true;
    } else {
      line.add(kMissing, {color});
      used_.missing = true;
    }
  }
}

void Picture::add_row(const Row& row, const Branch& branch) {
  const std::string mark = row.failed ? fmt::format("{} ", kFailed) : "";
  const std::string remark = row.remark.empty() ? "" : mark + printable(row.remark);
  used_.failed = used_.failed || row.failed;
  Line line(options_.color);
  line.add(fit(printable(row.service), columns_.service), {service_color(row.service)});
  line.add_blanks(columns_.gap);
  line.add(branch.row, kFaint);
  line.add(fit(printable(row.name), columns_.name - columns_of(branch.row)),
           row.missing ? kFaint : kPlain);
  line.add_blanks(columns_.gap);
  const bool remark_placed = add_bar(line, row, remark);
  const std::string duration = row.missing ? "?" : format_duration(row.end_ns - row.start_ns);
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
  std::string_view separator;
  const auto entry = [&](bool used, std::string_view glyph, std::string_view words) {
    if (!used) return;
    line.add(fmt::format("{}{} {}", separator, glyph, words), kFaint);
    separator = "  ";
  };
  entry(used_.work, kLeftBlocks[kEighths], "own time");
  entry(used_.waiting, kWaiting, "waiting for a reply");
  entry(used_.missing, kMissing, "never arrived");
  entry(used_.failed, kFailed, "failed");
  out_ += '\n';
  emit(std::move(line));
}

std::string Picture::draw() {
  add_title();
  if (layout_.rows.empty()) return out_ + "no spans arrived\n";
  add_axis();
  const std::vector<Branch> each = branches();
  for (std::size_t at = 0; at < each.size(); ++at) add_row(layout_.rows[at], each[at]);
  add_legend();
  return std::move(out_);
}

}  // namespace

std::string draw(const Layout& layout, const DrawOptions& options) {
  return Picture(layout, options).draw();
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
