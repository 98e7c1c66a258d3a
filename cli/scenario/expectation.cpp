#include "scenario/expectation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace msdemo::scenario {

namespace {

constexpr std::string_view kAnything = "[..]";
constexpr std::string_view kAnyLines = "...";
constexpr std::string_view kDigits = "0123456789";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_trailing_blanks(std::string_view line) {
  return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

/// A decimal number and nothing else.
std::optional<double> parse_number(std::string_view text) {
  const bool plain = text.find_first_not_of("+-.0123456789") == text.npos;
  if (!plain || text.find_first_of(kDigits) == text.npos) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  return *end == '\0' ? std::optional(value) : std::nullopt;
}

/// Takes from both what they begin with: a character, or the blanks, where `text` has `blanks` of
/// them or more, which stand for any number from `blanks` on. False if they differ.
bool take_same(std::string_view& text, std::string_view& line, std::size_t blanks) {
  const auto blanks_of = [](std::string_view some) {
    return std::min(some.find_first_not_of(' '), some.size());
  };
  const bool run = blanks_of(text) >= blanks;
  if (run ? blanks_of(line) < blanks : !line.starts_with(text.front())) return false;
  text.remove_prefix(run ? blanks_of(text) : 1);
  line.remove_prefix(run ? blanks_of(line) : 1);
  return true;
}

struct NumberToken {
  std::size_t length = 0;
  double value = 0;
};

/// The whole number that begins at `at`; nothing inside of one.
std::optional<NumberToken> number_at(std::string_view line, std::size_t at) {
  const auto digit = [&](std::size_t i) { return i < line.size() && is_digit(line[i]); };
  if (at > 0 && digit(at) && digit(at - 1)) return std::nullopt;
  if (at > 1 && digit(at - 2) && digit(at)) {
    const bool thousands = line[at - 1] == ',' && digit(at + 1) && digit(at + 2);
    if (line[at - 1] == '.' || thousands) return std::nullopt;
  }
  std::size_t end = at;
  std::string digits;
  if (end < line.size() && (line[end] == '-' || line[end] == '+')) digits += line[end++];
  if (!digit(end)) return std::nullopt;
  bool fraction = false;
  while (digit(end) || (digit(end + 1) && end < line.size())) {
    const char c = line[end];
    const bool thousands = c == ',' && !fraction && digit(end + 2) && digit(end + 3);
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (!is_digit(c) && !thousands) {
      break;
    }
    if (c != ',') digits += c;
    ++end;
  }
  return NumberToken{end - at, std::strtod(digits.c_str(), nullptr)};
}

/// Where the first bar of a timeline is, from the second column on; or npos.
std::size_t first_bar(std::string_view line) {
  constexpr std::array<std::string_view, 17> kBars = {"█", "▉", "▊", "▋", "▌", "▍", "▎", "▏", "▐",
                                                      "▕", "▔", "░", "═", "◇", "◆", "◈", "▬"};
  std::size_t first = line.npos;
  for (const std::string_view bar : kBars) first = std::min(first, line.find(bar));
  return first == 0 ? line.npos : first;
}

/// `          0         5        10 ms`, perhaps with words behind.
bool is_axis(std::string_view line) {
  constexpr std::size_t kLabels = 10;
  const auto begin = line.find_first_not_of(' ');
  if (begin == line.npos || begin < kLabels || line.substr(begin, 2) != "0 ") return false;
  line.remove_prefix(std::min(line.find_first_not_of(" 0123456789.,", begin), line.size()));
  constexpr std::array<std::string_view, 5> kUnits = {"ns", "us", "µs", "ms", "s"};
  return std::ranges::any_of(kUnits, [&](std::string_view unit) {
    return line.substr(0, unit.size()) == unit &&
           (line.size() == unit.size() || line[unit.size()] == ' ');
  });
}

/// What a line with a picture is compared with: the text before its bars, without the marks of the
/// grid and of decisions.
std::optional<std::string_view> before_picture(std::string_view line) {
  if (is_axis(line)) return std::string_view();
  const auto bar = first_bar(line);
  if (bar == line.npos) return std::nullopt;
  line = line.substr(0, bar);
  constexpr std::string_view kGrid = "·";
  for (;;) {
    const auto end = line.find_last_not_of(" 0123456789+");
    line = line.substr(0, end == line.npos ? 0 : end + 1);
    if (!line.ends_with(kGrid)) return line;
    line.remove_suffix(kGrid.size());
  }
}

}  // namespace

std::vector<std::string_view> split_output(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(without_trailing_blanks(text.substr(0, end)));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

/// Reads the placeholder that `text` begins with; `length` is 0 when it is none but plain text.
Result<Expectation::Part> Expectation::parse_placeholder(std::string_view text,
                                                         std::size_t& length) {
  length = 0;
  const auto close = text.find(']');
  const std::string_view inside = text.substr(1, close == text.npos ? close : close - 1);
  const auto dots = inside.find("..");
  const bool comparison = !inside.empty() && (inside[0] == '<' || inside[0] == '>');
  const bool range =
      dots != inside.npos && inside.find_first_not_of("+-.0123456789") == inside.npos;
  if (!comparison && !range) return Part(std::string());
  const auto broken = [&] {
    return fail(
        Code::usage,
        fmt::format("'{}' is no placeholder", text.substr(0, close == text.npos ? 20 : close + 1)),
        "there are [..], [<20], [<=20], [>80], [>=80] and [0.9..1.1]");
  };
  if (close == text.npos) return broken();
  length = close + 1;
  if (text.substr(0, length) == kAnything) return Part(Anything{});
  Number number;
  if (range) {
    const auto least = parse_number(inside.substr(0, dots));
    const auto most = parse_number(inside.substr(dots + 2));
    if (!least || !most || *least > *most) return broken();
    return Part(Number{*least, *most, false});
  }
  number.open = inside.size() < 2 || inside[1] != '=';
  const auto bound = parse_number(inside.substr(number.open ? 1 : 2));
  if (!bound) return broken();
  (inside[0] == '<' ? number.most : number.least) = *bound;
  return Part(number);
}

Result<void> Expectation::add(std::string_view text) {
  text = without_trailing_blanks(text);
  Line line{std::string(text), {}, text == kAnyLines};
  std::string literal;
  while (!text.empty()) {
    std::size_t length = 0;
    if (text[0] == '[') {
      auto part = parse_placeholder(text, length);
      if (!part) return fail(std::move(part.error()));
      if (length > 0) {
        line.parts.emplace_back(std::exchange(literal, {}));
        line.parts.push_back(std::move(*part));
      }
    }
    if (length == 0) literal += text[length++];
    text.remove_prefix(length);
  }
  const auto label = line.parts.empty() ? before_picture(line.text) : std::nullopt;
  line.parts.emplace_back(label ? Part(Label{std::string(*label)}) : Part(std::move(literal)));
  lines_.push_back(std::move(line));
  return {};
}

bool Expectation::Label::begins(std::string_view line) const {
  constexpr std::string_view kCut = "…";
  for (std::string_view rest = text; !rest.empty() && !line.starts_with(kCut);) {
    if (!take_same(rest, line, 1)) return false;
  }
  return true;
}

bool Expectation::matches(const std::vector<Part>& parts, std::size_t part, std::string_view line,
                          std::size_t at) {
  for (; part < parts.size(); ++part) {
    if (const auto* literal = std::get_if<std::string>(&parts[part])) {
      std::string_view rest = line.substr(at);
      for (std::string_view text = *literal; !text.empty();) {
        if (!take_same(text, rest, 2)) return false;
      }
      at = line.size() - rest.size();
    } else if (const auto* label = std::get_if<Label>(&parts[part])) {
      return label->begins(line);  // a line has nothing else then
    } else if (const auto* wanted = std::get_if<Number>(&parts[part])) {
      const auto number = number_at(line, at);
      if (!number || !wanted->holds(number->value)) return false;
      at += number->length;
    } else {
      for (; at <= line.size(); ++at) {
        if (matches(parts, part + 1, line, at)) return true;
      }
      return false;
    }
  }
  return at == line.size();
}

std::optional<Expectation::Difference> Expectation::compare(std::string_view output) const {
  if (lines_.empty()) return std::nullopt;
  const auto actual = split_output(output);
  auto wanted = lines_.size();
  while (wanted > 0 && lines_[wanted - 1].text.empty()) --wanted;
  // A mismatch after `...` lets it take one line more. What is told is the mismatch that came
  // furthest into the document.
  Difference furthest{0, std::nullopt, std::nullopt};
  std::size_t reached = 0;
  std::optional<std::pair<std::size_t, std::size_t>> retry;
  std::size_t line = 0;
  std::size_t at = 0;
  while (line < wanted || at < actual.size()) {
    if (line < wanted && lines_[line].any_lines) {
      retry = {++line, at};
      if (line == wanted) return std::nullopt;
      continue;
    }
    if (line < wanted && at < actual.size() && matches(lines_[line].parts, 0, actual[at], 0)) {
      ++line;
      ++at;
      continue;
    }
    if (line >= reached) {
      reached = line;
      furthest = {at, std::nullopt, std::nullopt};
      if (line < wanted) furthest.expected = lines_[line].text;
      if (at < actual.size()) furthest.actual = std::string(actual[at]);
    }
    if (!retry || retry->second >= actual.size()) return furthest;
    line = retry->first;
    at = ++retry->second;
  }
  return std::nullopt;
}

}  // namespace msdemo::scenario
