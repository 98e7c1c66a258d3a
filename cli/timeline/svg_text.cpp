#include "timeline/svg_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/markup.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::timeline {
namespace {

constexpr std::string_view kEllipsis = "…";

/// The advance of a letter of DejaVu Sans, in font sizes.
double advance(char letter) {
  constexpr double kUsual = 0.62;
  if (std::string_view("ijl'|").find(letter) != std::string_view::npos) return 0.3;
  if (std::string_view(" .,:;!It()[]/\\-fr").find(letter) != std::string_view::npos) return 0.38;
  if (std::string_view("mwMW%@").find(letter) != std::string_view::npos) return 0.93;
  return letter >= 'A' && letter <= 'Z' ? 0.72 : kUsual;
}

/// The bytes of the code point at the start of `text`, which is valid UTF-8 and not empty.
std::size_t code_point_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80) ++bytes;
  return bytes;
}

double width_of(std::string_view code_point) {
  constexpr double kColumn = 0.62;
  if (code_point.size() == 1) return advance(code_point.front());
  return kColumn * columns_of(code_point);
}

}  // namespace

double text_width(std::string_view text, double font_size) {
  double width = 0;
  while (!text.empty()) {
    const std::size_t bytes = code_point_bytes(text);
    width += width_of(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return width * font_size;
}

std::string shorten_to(std::string_view text, double width, double font_size) {
  if (text_width(text, font_size) <= width) return std::string(text);
  double left = width - text_width(kEllipsis, font_size);
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t bytes = code_point_bytes(text.substr(end));
    left -= width_of(text.substr(end, bytes)) * font_size;
    if (left < 0) break;
    end += bytes;
  }
  return std::string(text.substr(0, end)).append(kEllipsis);
}

std::vector<std::string> wrap_to(std::string_view text, double width, double font_size, int lines) {
  std::vector<std::string> out;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string longer = line.empty() ? std::string(text.substr(0, end))
                                            : fmt::format("{} {}", line, text.substr(0, end));
    if (!line.empty() && text_width(longer, font_size) > width) {
      if (static_cast<int>(out.size()) + 1 == lines) {
        out.push_back(shorten_to(fmt::format("{} {}", line, text), width, font_size));
        return out;
      }
      out.push_back(shorten_to(line, width, font_size));
      line.clear();
      continue;
    }
    line = longer;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!line.empty()) out.push_back(shorten_to(line, width, font_size));
  return out;
}

std::string markup(std::string_view text) {
  return escape_html(printable(text));
}

std::string px(double value) {
  return fmt::format("{}", std::round(value * 10) / 10);
}

std::string text_at(double x, double y, std::string_view css, std::string_view words) {
  return fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>", css, px(x), px(y),
                     markup(words));
}

std::string rect_at(std::string_view css, double x, double y, double width, double height,
                    double round) {
  return fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
                     css, px(x), px(y), px(width), px(height), px(round));
}

}  // namespace msdemo::timeline
