#include "load/bench_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/markup.hpp"
#include "load/log_axis.hpp"

namespace msdemo::load {

namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 360;
constexpr double kLeft = 70;
constexpr double kRight = 20;
constexpr double kTop = 12;
constexpr double kBottom = 46;

std::string css_of(const SweepLine& line) {
  return line.completion ? "done" : line.style;
}

std::string name_of(const SweepLine& line) {
  if (line.style == "url") return "answer";
  if (line.style == "sync") return "sync: response";
  return line.completion ? "async: completion" : "async: response";
}

class SweepPicture {
 public:
  explicit SweepPicture(const BenchSummary& summary) : summary_(summary) {
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

  std::string draw() const {
    std::string out =
        fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} by rate\">\n", kWidth,
                    kHeight + 22 * static_cast<double>(summary_.lines.size()), summary_.tail);
    out += grid();
    double legend = kHeight + 10;
    for (const SweepLine& line : summary_.lines) {
      out += draw_line(line) + draw_legend(line, legend);
      legend += 22;
    }
    return out + "</svg>\n";
  }

 private:
  double x(double rate) const {
    return kLeft + 20 + rates_.at(rate) * (kWidth - kLeft - kRight - 40);
  }
  double y(double ms) const {
    return kHeight - kBottom - times_.at(ms) * (kHeight - kBottom - kTop);
  }

  std::string grid() const {
    std::string out;
    for (const double tick : times_.ticks()) {
      out += fmt::format(
          "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
          "<text class=\"soft\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
          kLeft, kWidth - kRight, y(tick), y(tick), kLeft - 8, y(tick) + 4, tick_text(tick));
    }
    for (const SweepPoint& point : summary_.lines.front().points) {
      if (!rates_.holds(point.offered_per_s)) continue;
      out += fmt::format(
          "<text class=\"soft\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}/s</text>\n",
          x(point.offered_per_s), kHeight - kBottom + 20, format_rate(point.offered_per_s));
    }
    return out;
  }

  std::string draw_line(const SweepLine& line) const {
    std::string points;
    std::string marks;
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const SweepPoint& point = line.points[i];
      if (!point.tail_ms) continue;
      points += fmt::format("{:.1f},{:.1f} ", x(point.offered_per_s), y(*point.tail_ms));
      marks += fmt::format(
          "<circle class=\"{}{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"><title>{}, {}/s offered, "
          "{}/s achieved: {} {}{}</title></circle>\n",
          css_of(line), line.valid[i] ? "" : " invalid", x(point.offered_per_s), y(*point.tail_ms),
          name_of(line), format_rate(point.offered_per_s), format_rate(point.achieved_per_s),
          summary_.tail, format_ms(*point.tail_ms), line.valid[i] ? "" : " (INVALID)");
    }
    std::string knee;
    if (line.knee.rate_per_s && line.knee.first_above) {
      const double at = x(*line.knee.rate_per_s);
      knee =
          fmt::format("<line class=\"{} knee\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>\n",
                      css_of(line), at, at, kTop, kHeight - kBottom);
    }
    return fmt::format("{}<polyline class=\"{}\" points=\"{}\"/>\n{}", knee, css_of(line), points,
                       marks);
  }

  static std::string draw_legend(const SweepLine& line, double y) {
    std::string text = name_of(line);
    if (!line.knee.first_above) {
      text += ": no knee up to here";
    } else if (!line.knee.rate_per_s) {
      text += fmt::format(": knee below all rates; at {}/s {}", format_rate(*line.knee.first_above),
                          line.knee.because);
    } else {
      text += fmt::format(": knee at {}/s; at {}/s {}", format_rate(*line.knee.rate_per_s),
                          format_rate(*line.knee.first_above), line.knee.because);
    }
    return fmt::format(
        "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"5\"/><text x=\"{}\" y=\"{}\">{}"
        "</text>\n",
        css_of(line), kLeft, y, kLeft + 14, y + 4.5, escape_html(text));
  }

  const BenchSummary& summary_;
  LogAxis rates_;
  LogAxis times_;
};

}  // namespace

std::string draw_bars_svg(const BenchSummary& summary) {
  constexpr double kBar = 30;
  constexpr double kStep = 46;
  constexpr double kWords = 270;
  const StyleSummary* sync = summary.find("sync");
  const StyleSummary* async = summary.find("async");
  if (sync == nullptr || async == nullptr || !sync->p50_ms.median || !async->p50_ms.median ||
      !async->completion_p50_ms.median) {
    return {};
  }
  const double done = *async->completion_p50_ms.median;
  const double unit =
      (kWidth - kLeft - kWords) / std::max({done, *sync->p50_ms.median, *async->p50_ms.median});
  const auto bar = [&](const char* css, double y, double ms) {
    return fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>", css,
                       kLeft, y, std::max(ms * unit, 2.0), kBar);
  };
  const auto words = [&](double y, const char* style, double end, const std::string& text) {
    return fmt::format("<text x=\"0\" y=\"{}\">{}</text><text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
                       y + 20, style, kLeft + end * unit + 10, y + 20, text);
  };
  const double waits = *async->p50_ms.median;
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Who waits\">\n", kWidth,
                     2 * kStep) +
         bar("sync", 4, *sync->p50_ms.median) +
         words(4, "sync", *sync->p50_ms.median,
               fmt::format("waits {}, done then", format_ms(*sync->p50_ms.median))) +
         bar("done free", 4 + kStep, done) + bar("async", 4 + kStep, waits) +
         words(4 + kStep, "async", std::max(done, waits),
               fmt::format("waits {}, done after {}", format_ms(waits), format_ms(done))) +
         "</svg>\n";
}

std::string draw_sweep_svg(const BenchSummary& summary) {
  const SweepPicture picture(summary);
  return picture.empty() ? std::string() : picture.draw();
}

}  // namespace msdemo::load
