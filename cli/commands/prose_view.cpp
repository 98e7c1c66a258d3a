#include "commands/prose_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "commands/program.hpp"
#include "commands/table.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::commands {

namespace {

using Lines = std::vector<std::string_view>;

constexpr std::string_view kBlockIndent = "  ";

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

bool is_fence(std::string_view line) {
  return trimmed(line).starts_with("```");
}

/// `- `, `* ` or `1. ` with its blanks; 0 if the line begins no item.
std::size_t item_mark(std::string_view line) {
  const auto begin = line.find_first_not_of(' ');
  if (begin == line.npos) return 0;
  const std::string_view rest = line.substr(begin);
  if (rest.starts_with("- ") || rest.starts_with("* ")) return begin + 2;
  const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const bool numbered = digits > 0 && rest.substr(digits, 2) == ". ";
  return numbered ? begin + digits + 2 : 0;
}

/// Whether a paragraph ends before `line`.
bool starts_block(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.empty() || text.front() == '#' || text.front() == '|' || is_fence(line) ||
         text.starts_with("<!--") || item_mark(line) > 0;
}

/// Text within a line, its marks turned into what a terminal can show.
class Inline {
 public:
  Inline(std::string_view folder, bool color) : folder_(folder), color_(color) {}

  std::string render(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
      std::size_t used = 0;
      out += piece(text, used);
      text.remove_prefix(used);
    }
    return out;
  }

 private:
  std::string piece(std::string_view text, std::size_t& used) const {
    if (text.starts_with("![")) return link(text, used, 1);
    if (text.front() == '[') return link(text, used, 0);
    if (text.front() == '`') return marked(text, "`", used);
    if (text.starts_with("**")) return marked(text, "**", used);
    if (text.front() == '*') return marked(text, "*", used);
    used = std::min(text.find_first_of("`*[!", 1), text.size());
    return std::string(text.substr(0, used));
  }

  /// `mark` around something. A blank inside of it would make it an ordinary character.
  std::string marked(std::string_view text, std::string_view mark, std::size_t& used) const {
    const auto end = text.find(mark, mark.size());
    used = mark.size();
    if (end == text.npos || end == mark.size() || text[mark.size()] == ' ') {
      return std::string(mark);
    }
    used = end + mark.size();
    const bool keep = mark == "`" || !color_;
    const std::string_view inside =
        keep ? text.substr(0, used) : text.substr(mark.size(), end - mark.size());
    return styled(inside);
  }

  /// Painted word by word, because lines are broken between words.
  std::string styled(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
      const auto end = std::min(text.find(' '), text.size());
      if (end > 0) out += paint(color_, Style::strong, text.substr(0, end));
      if (end < text.size()) out += ' ';
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  }

  std::string link(std::string_view text, std::size_t& used, std::size_t bang) const {
    const auto middle = text.find("](");
    const auto end = middle == text.npos ? middle : text.find(')', middle);
    used = bang + 1;
    if (end == text.npos) return std::string(text.substr(0, used));
    used = end + 1;
    const std::string_view label = text.substr(bang + 1, middle - bang - 1);
    const std::string target = resolved(text.substr(middle + 2, end - middle - 2));
    const bool same = label == target || label == fmt::format("`{}`", target);
    return same ? render(label) : fmt::format("{} ({})", render(label), target);
  }

  std::string resolved(std::string_view target) const {
    if (target.find("://") != target.npos) return std::string(target);
    return (std::filesystem::path(folder_) / target).lexically_normal().string();
  }

  const std::string_view folder_;
  const bool color_;
};

/// Columns of text that may be painted.
int visible_columns(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b') {
      at = std::min(text.find('m', at), text.size());
    } else {
      plain += text[at];
    }
  }
  return timeline::columns_of(plain);
}

/// `text` in lines of at most `columns`, the first behind `first` and the others behind blanks.
std::string wrapped(std::string_view text, std::string_view first, int columns) {
  const std::string others(static_cast<std::size_t>(timeline::columns_of(first)), ' ');
  std::string out(first);
  int used = static_cast<int>(others.size());
  bool fresh = true;
  while (!(text = trimmed(text)).empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    const int width = visible_columns(word);
    if (!fresh && used + 1 + width > columns) {
      out += "\n" + others;
      used = static_cast<int>(others.size());
      fresh = true;
    }
    if (!fresh) out += ' ';
    out += word;
    used += width + (fresh ? 0 : 1);
    fresh = false;
    text.remove_prefix(word.size());
  }
  return out + "\n";
}

/// Goes through a document block by block.
class Renderer {
 public:
  Renderer(std::string_view folder, int columns, bool color)
      : text_(folder, color), plain_(folder, false), columns_(columns), color_(color) {}

  std::string render(std::string_view markdown) {
    const Lines lines = lines_of(markdown);
    std::size_t at = 0;
    while (at < lines.size()) block(lines, at);
    return std::move(out_);
  }

 private:
  void block(const Lines& lines, std::size_t& at) {
    const std::string_view line = trimmed(lines[at]);
    if (line.empty()) {
      ++at;
    } else if (line.starts_with("<!--")) {
      while (at < lines.size() && lines[at].find("-->") == std::string_view::npos) ++at;
      ++at;
    } else if (line.front() == '#') {
      heading(lines[at++]);
    } else if (is_fence(line)) {
      fenced(lines, at);
    } else if (line.front() == '|') {
      table(lines, at);
    } else {
      paragraph(lines, at);
    }
  }

  /// One empty line between blocks; none between the items of a list.
  void begin(bool item = false) {
    if (!out_.empty() && !(item && after_item_)) out_ += '\n';
    after_item_ = item;
  }

  void heading(std::string_view line) {
    begin();
    const auto level = line.find_first_not_of('#');
    const std::string text = text_.render(trimmed(line.substr(std::min(level, line.size()))));
    const int width = std::min(visible_columns(text), columns_);
    std::string rule;
    for (int i = 0; i < width; ++i) rule += level == 1 ? "═" : "─";
    out_ += wrapped(paint(color_, Style::strong, text), "", columns_);
    out_ += paint(color_, Style::strong, rule) + "\n";
  }

  void fenced(const Lines& lines, std::size_t& at) {
    begin();
    for (++at; at < lines.size() && !is_fence(lines[at]); ++at) {
      out_ += fmt::format("{}{}\n", lines[at].empty() ? "" : kBlockIndent, lines[at]);
    }
    ++at;
  }

  void paragraph(const Lines& lines, std::size_t& at) {
    const std::size_t mark = item_mark(lines[at]);
    begin(mark > 0);
    std::string text(lines[at++].substr(mark));
    const std::string_view first = lines[at - 1].substr(0, mark);
    while (at < lines.size() && !starts_block(lines[at])) text += fmt::format(" {}", lines[at++]);
    out_ += wrapped(text_.render(squeezed(text)), first, columns_);
  }

  /// Emphasis may go over the end of a line.
  static std::string squeezed(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
    }
    return out;
  }

  void table(const Lines& lines, std::size_t& at) {
    begin();
    std::vector<std::vector<std::string>> rows;
    for (; at < lines.size() && trimmed(lines[at]).starts_with("|"); ++at) {
      if (lines[at].find_first_not_of("|-: ") == std::string_view::npos) continue;
      rows.push_back(cells_of(trimmed(lines[at])));
    }
    const std::string drawn = format_table(rows);
    int width = 0;
    for (const std::string_view line : lines_of(drawn)) {
      width = std::max(width, visible_columns(line));
    }
    if (width <= columns_) {
      out_ += drawn;
      return;
    }
    for (std::size_t row = 1; row < rows.size(); ++row) {
      std::string text;
      for (std::size_t i = 0; i < rows[row].size(); ++i) {
        const bool headed = i > 0 && i < rows[0].size() && !rows[0][i].empty();
        text += fmt::format("{}{}{}",
                            i == 0   ? ""
                            : i == 1 ? ": "
                                     : "; ",
                            headed ? rows[0][i] + " " : "", rows[row][i]);
      }
      out_ += wrapped(text, "- ", columns_);
    }
  }

  /// Without colour: format_table() measures and escapes what it draws.
  std::vector<std::string> cells_of(std::string_view line) const {
    std::vector<std::string> cells;
    line.remove_prefix(1);
    while (!line.empty()) {
      const auto end = std::min(line.find('|'), line.size());
      cells.push_back(plain_.render(trimmed(line.substr(0, end))));
      line.remove_prefix(std::min(end + 1, line.size()));
    }
    return cells;
  }

  const Inline text_;
  const Inline plain_;
  const int columns_;
  const bool color_;
  std::string out_;
  bool after_item_ = false;
};

}  // namespace

std::string render_prose(std::string_view markdown, std::string_view folder, int columns,
                         bool color) {
  return Renderer(folder, columns, color).render(markdown);
}

}  // namespace msdemo::commands
