#include "commands/bench_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "commands/program.hpp"
#include "load/log_axis.hpp"
#include "timeline/styled_line.hpp"

namespace msdemo::commands {

namespace {

using load::SweepLine;
using load::SweepPoint;

constexpr int kRows = 12;
constexpr int kIndent = 2;  ///< of the legend
constexpr int kLabel = 8;   ///< columns left of the axis
constexpr int kMargin = 3;  ///< columns on either side of the outermost points
constexpr int kDotsAcross = 2;
constexpr int kDotsDown = 4;

struct Look {
  const char* marker;
  int color;
};

/// Of calls, answers to messages, and the work behind these; also told apart without colour.
Look look_of(const SweepLine& line) {
  if (line.completion) return {"○", 172};
  return line.style == "async" ? Look{"◆", 37} : Look{"●", 33};
}

/// What one character shows.
struct Tile {
  unsigned dots = 0;  ///< of a braille pattern (Unicode 15.0, chapter 21.1)
  const char* marker = nullptr;
  int color = -1;
};

class Plot {
 public:
  Plot(const load::BenchSummary& summary, const BenchView& view)
      : summary_(summary), view_(view), width_(view.columns - kLabel - 2) {
    tiles_.resize(static_cast<std::size_t>(kRows * width_));
    for (const SweepLine& line : summary.lines) {
      for (const SweepPoint& point : line.points) {
        if (!point.tail_ms || *point.tail_ms <= 0) continue;
        rates_.include(point.offered_per_s);
        times_.include(*point.tail_ms);
      }
    }
    times_.widen();
  }

  bool empty() const { return rates_.empty(); }

  std::string draw() {
    for (const SweepLine& line : summary_.lines) draw_line(line);
    for (const SweepLine& line : summary_.lines) draw_markers(line);
    std::string out = title();
    for (int row = 0; row < kRows; ++row) out += draw_row(row);
    return out + axis() + legend();
  }

 private:
  int dot_x(double rate) const {
    const int room = (width_ - 2 * kMargin) * kDotsAcross - 1;
    return kMargin * kDotsAcross + static_cast<int>(std::lround(rates_.at(rate) * room));
  }
  int dot_y(double ms) const {
    constexpr int kRoom = kRows * kDotsDown - 1;
    return kRoom - static_cast<int>(std::lround(times_.at(ms) * kRoom));
  }

  Tile& tile(int column, int row) {
    return tiles_[static_cast<std::size_t>(row * width_ + column)];
  }

  void set_dot(int x, int y, int color) {
    constexpr unsigned kBits[kDotsDown][kDotsAcross] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    Tile& at = tile(x / kDotsAcross, y / kDotsDown);
    at.dots |= kBits[y % kDotsDown][x % kDotsAcross];
    at.color = color;
  }

  void draw_line(const SweepLine& line) {
    const SweepPoint* before = nullptr;
    for (const SweepPoint& point : line.points) {
      if (!point.tail_ms) continue;
      if (before != nullptr) connect(*before, point, look_of(line).color);
      before = &point;
    }
  }

  void connect(const SweepPoint& from, const SweepPoint& to, int color) {
    const int x0 = dot_x(from.offered_per_s);
    const int y0 = dot_y(*from.tail_ms);
    const int across = dot_x(to.offered_per_s) - x0;
    const int down = dot_y(*to.tail_ms) - y0;
    const int steps = std::max({std::abs(across), std::abs(down), 1});
    for (int i = 0; i <= steps; ++i) set_dot(x0 + across * i / steps, y0 + down * i / steps, color);
  }

  void draw_markers(const SweepLine& line) {
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const SweepPoint& point = line.points[i];
      if (!point.tail_ms) continue;
      Tile& at = tile(dot_x(point.offered_per_s) / kDotsAcross, dot_y(*point.tail_ms) / kDotsDown);
      at.marker = line.valid[i] ? look_of(line).marker : "✗";
      at.color = look_of(line).color;
    }
  }

  std::string title() const {
    timeline::Line line(view_.color);
    line.add(fmt::format("{} by rate", summary_.tail), {.bold = true});
    line.add(" (both axes logarithmic)");
    return line.take();
  }

  /// The time that belongs to this row, if one of the ticks does.
  std::optional<double> tick_of(int row) const {
    for (const double tick : times_.ticks()) {
      if (dot_y(tick) / kDotsDown == row) return tick;
    }
    return std::nullopt;
  }

  std::string draw_row(int row) {
    timeline::Line line(view_.color);
    const auto tick = tick_of(row);
    line.add(fmt::format("{:>{}}", tick ? load::tick_text(*tick) : "", kLabel));
    line.add(tick ? " ┤" : " │");
    for (int column = 0; column < width_; ++column) {
      const Tile& at = tile(column, row);
      const timeline::Style style{.color = at.color};
      if (at.marker != nullptr) {
        line.add(at.marker, style);
      } else if (at.dots != 0) {
        constexpr char32_t kBraille = 0x2800;
        line.add(utf8(kBraille + at.dots), style);
      } else {
        line.add_blanks(1);
      }
    }
    return line.take();
  }

  static std::string utf8(char32_t point) {
    return {static_cast<char>(0xe0 | (point >> 12)),
            static_cast<char>(0x80 | ((point >> 6) & 0x3f)),
            static_cast<char>(0x80 | (point & 0x3f))};
  }

  /// The rates, as many as have room, and below them the knees.
  std::string axis() const {
    timeline::Line line(view_.color);
    line.add_blanks(kLabel + 1);
    line.add("└");
    for (int column = 0; column < width_; ++column) {
      const SweepLine* bent = knee_in(column);
      line.add(bent == nullptr ? "─" : "▲",
               bent == nullptr ? timeline::kPlain : timeline::Style{.color = look_of(*bent).color});
    }
    std::string rates(static_cast<std::size_t>(kLabel + 2 + width_), ' ');
    std::size_t free_from = 0;
    for (const SweepPoint& point : summary_.lines.front().points) {
      if (!rates_.holds(point.offered_per_s)) continue;
      const std::string text = load::format_rate(point.offered_per_s) + "/s";
      const auto middle =
          static_cast<std::size_t>(kLabel + 2 + dot_x(point.offered_per_s) / kDotsAcross);
      const std::size_t at =
          std::min(middle - std::min(middle, text.size() / 2), rates.size() - text.size());
      if (at < free_from) continue;
      rates.replace(at, text.size(), text);
      free_from = at + text.size() + 1;
    }
    rates.erase(rates.find_last_not_of(' ') + 1);
    return line.take() + rates + "\n";
  }

  /// The line that has its knee at this column.
  const SweepLine* knee_in(int column) const {
    for (const SweepLine& line : summary_.lines) {
      const load::Knee& knee = line.knee;
      const bool bends = knee.rate_per_s && knee.first_above;
      if (bends && dot_x(*knee.rate_per_s) / kDotsAcross == column) return &line;
    }
    return nullptr;
  }

  std::string legend() const {
    std::string out;
    for (const SweepLine& sweep : summary_.lines) {
      timeline::Line line(view_.color);
      const Look look = look_of(sweep);
      line.add_blanks(kIndent);
      line.add(look.marker, {.color = look.color});
      line.add(" " + name_of(sweep));
      line.add(knee_of(sweep.knee), {.bold = sweep.knee.first_above.has_value()});
      out += line.take();
    }
    const bool invalid =
        std::any_of(summary_.lines.begin(), summary_.lines.end(), [](const SweepLine& line) {
          return std::find(line.valid.begin(), line.valid.end(), false) != line.valid.end();
        });
    if (invalid) {
      out += std::string(kIndent, ' ') + "✗ INVALID: the generator itself was late\n";
    }
    return out;
  }

  static std::string name_of(const SweepLine& line) {
    if (line.style == "url") return "answer";
    if (line.style == "sync") return "sync response";
    return line.completion ? "async completion" : "async response";
  }

  static std::string knee_of(const load::Knee& knee) {
    if (!knee.first_above) return ", no knee up to here";
    const std::string above =
        fmt::format("; at {}/s {}", load::format_rate(*knee.first_above), knee.because);
    if (!knee.rate_per_s) return ", knee below all rates" + above;
    return fmt::format(", knee ▲ {}/s", load::format_rate(*knee.rate_per_s)) + above;
  }

  const load::BenchSummary& summary_;
  const BenchView& view_;
  const int width_;
  load::LogAxis rates_;
  load::LogAxis times_;
  std::vector<Tile> tiles_;
};

}  // namespace

std::string draw_sweep(const load::BenchSummary& summary, const BenchView& view) {
  Plot plot(summary, view);
  return plot.empty() ? std::string() : plot.draw();
}

}  // namespace msdemo::commands
