// Measures text with libc's own tables. It exists so that no width table has to be kept up to date
// here: a terminal on the same machine usually asks the same libc.
#include "timeline/text_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <clocale>
#include <cstddef>
#include <cwchar>

#include "base/text.hpp"

namespace msdemo::timeline {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kLeftToRightMark = "\xe2\x80\x8e";

/// Makes the calling thread speak UTF-8 while it lives, whatever the user's locale: the output is
/// UTF-8 in any case. wcwidth() and mbrtowc() look at nothing else.
class Utf8Scope {
 public:
  Utf8Scope() : before_(uselocale(locale())) {}
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;
  ~Utf8Scope() { uselocale(before_); }

 private:
  /// Null, which changes nothing, if the C library is too old to have it built in.
  static locale_t locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;
  }

  locale_t before_;
};

struct Glyph {
  char32_t value = 0;
  std::size_t bytes = 1;
  int columns = 1;  ///< negative: cannot be placed
};

/// The code point at the start of `text`, which must not be empty. Needs a Utf8Scope.
Glyph first_glyph(std::string_view text) {
  std::mbstate_t state{};
  wchar_t wide = 0;
  const std::size_t bytes = std::mbrtowc(&wide, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {};
  return {static_cast<char32_t>(wide), bytes, ::wcwidth(wide)};
}

/// Marks, embeddings, overrides and isolates of the Unicode Bidirectional Algorithm.
bool reorders(char32_t value) {
  return value == 0x061c || value == 0x200e || value == 0x200f ||
         (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
}

/// The blocks that Unicode reserves for right-to-left scripts.
bool right_to_left(char32_t value) {
  return (value >= 0x0590 && value <= 0x08ff) || (value >= 0xfb1d && value <= 0xfdff) ||
         (value >= 0xfe70 && value <= 0xfefe) || (value >= 0x10800 && value <= 0x10fff) ||
         (value >= 0x1e800 && value <= 0x1efff);
}

struct Prefix {
  std::size_t bytes = 0;
  int columns = 0;
  bool right_to_left = false;
};

/// The longest start of `text` within `columns`, marks that belong to its last letter included.
Prefix prefix_within(std::string_view text, int columns) {
  const Utf8Scope utf8;
  Prefix prefix;
  while (prefix.bytes < text.size()) {
    const Glyph glyph = first_glyph(text.substr(prefix.bytes));
    const int width = std::max(glyph.columns, 0);
    if (prefix.columns + width > columns) break;
    prefix.bytes += glyph.bytes;
    prefix.columns += width;
    prefix.right_to_left = prefix.right_to_left || right_to_left(glyph.value);
  }
  return prefix;
}

/// Where to break the first `within` bytes, or npos. A blank right behind them is a good place as
/// well; one near the beginning is not, since some scripts hardly use blanks, nor is one between a
/// number and its unit if there is any other.
std::size_t blank_within(std::string_view text, std::size_t within) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t second_best = kNone;
  for (std::size_t end = text.rfind(' ', within); end != kNone && end > within / 2;) {
    const std::size_t before = text.rfind(' ', end - 1);
    const std::size_t word = before == kNone ? 0 : before + 1;
    const bool number = text.substr(word, end - word).find_first_not_of("0123456789,.") == kNone;
    const char next = end + 1 < text.size() ? text[end + 1] : ' ';
    const bool unit = (next >= 'a' && next <= 'z') || next == '%';
    if (!number || !unit) return end;
    if (second_best == kNone) second_best = end;
    end = before;
  }
  return second_best;
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string escaped = escape_control(text);
  const Utf8Scope utf8;
  std::string out;
  out.reserve(escaped.size());
  for (std::string_view rest = escaped; !rest.empty();) {
    const Glyph glyph = first_glyph(rest);
    if (reorders(glyph.value)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(glyph.value));
    } else if (glyph.columns < 0) {
      out += kReplacement;
    } else {
      out += rest.substr(0, glyph.bytes);
    }
    rest.remove_prefix(glyph.bytes);
  }
  return out;
}

int columns_of(std::string_view text) {
  const Utf8Scope utf8;
  int columns = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    columns += std::max(glyph.columns, 0);
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string shorten(std::string_view text, int columns) {
  if (columns <= 0) return {};
  Prefix kept = prefix_within(text, columns);
  const bool cut = kept.bytes < text.size();
  if (cut) kept = prefix_within(text, columns - 1);
  std::string out(text.substr(0, kept.bytes));
  if (cut) out += kEllipsis;
  if (kept.right_to_left) out += kLeftToRightMark;
  return out;
}

std::string fit(std::string_view text, int columns) {
  std::string out = shorten(text, columns);
  out.append(static_cast<std::size_t>(std::max(columns - columns_of(out), 0)), ' ');
  return out;
}

std::vector<std::string> wrap(std::string_view text, int columns, int lines) {
  std::vector<std::string> out;
  while (static_cast<int>(out.size()) + 1 < lines) {
    const std::size_t within = prefix_within(text, columns).bytes;
    if (within == text.size()) break;
    const std::size_t blank = blank_within(text, within);
    const bool between_words = blank != std::string_view::npos;
    const std::size_t end = between_words ? blank : within;
    out.push_back(shorten(text.substr(0, end), columns));
    text.remove_prefix(between_words ? end + 1 : end);
  }
  if (!text.empty()) out.push_back(shorten(text, columns));
  return out;
}

}  // namespace msdemo::timeline
