// One line of terminal output, put together from pieces of text with a style each. It exists to
// keep escape sequences few, and blanks at the end of a line out.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace msdemo::timeline {

/// How a piece of text looks, in SGR's terms (ECMA-48, section 8.3.117).
struct Style {
  int color = -1;  ///< of the 256-colour palette; negative: the terminal's own
  bool bold = false;
  bool inverse = false;

  bool operator==(const Style&) const = default;
};

inline constexpr Style kPlain{};

/// Not thread-safe. Without colour, styles are ignored.
class Line {
 public:
  explicit Line(bool color) : color_(color) {}

  void add(std::string_view text, const Style& style = kPlain) {
    const std::size_t end = text.find_last_not_of(' ') + 1;
    if (end > 0) {
      if (blanks_ > 0 && style_.inverse) switch_to(kPlain);
      switch_to(style);
      out_.append(std::exchange(blanks_, 0), ' ');
      out_ += text.substr(0, end);
    }
    blanks_ += text.size() - end;
  }

  void add_blanks(int columns) { blanks_ += static_cast<std::size_t>(std::max(columns, 0)); }

  std::string take() {
    blanks_ = 0;
    switch_to(kPlain);
    return std::move(out_) + '\n';
  }

 private:
  void switch_to(const Style& style) {
    if (!color_ || style == style_) return;
    if (!(style_ == kPlain)) out_ += "\x1b[0m";
    out_.append(std::exchange(blanks_, 0), ' ');
    if (style.bold) out_ += "\x1b[1m";
    if (style.inverse) out_ += "\x1b[7m";
    if (style.color >= 0) out_ += fmt::format("\x1b[38;5;{}m", style.color);
    style_ = style;
  }

  bool color_;
  std::string out_;
  std::size_t blanks_ = 0;  ///< not written yet
  Style style_;
};

}  // namespace msdemo::timeline
