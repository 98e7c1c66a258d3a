#include "commands/metrics_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace msdemo::commands {

namespace {

constexpr std::string_view kBlanks = " \t";

/// One line, taken in from the left.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) { skip_blanks(); }

  bool done() const { return rest_.empty(); }
  bool take(char expected) {
    if (done() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    skip_blanks();
    return true;
  }

  /// Up to any of `ends` or a blank.
  std::string_view take_word(std::string_view ends) {
    const auto end = rest_.find_first_of(std::string(ends).append(kBlanks));
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(word.size());
    skip_blanks();
    return word;
  }

  /// A text in quotation marks with `\\`, `\"` and `\n`; nothing if it does not end.
  std::optional<std::string> take_quoted() {
    if (done() || rest_.front() != '"') return std::nullopt;
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        skip_blanks();
        return text;
      }
      const bool escaped = rest_[i] == '\\' && i + 1 < rest_.size();
      if (escaped) ++i;
      text += escaped && rest_[i] == 'n' ? '\n' : rest_[i];
    }
    return std::nullopt;
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
  }

  std::string_view rest_;
};

std::optional<Sample> parse_sample(std::string_view text) {
  LineReader line(text);
  Sample sample{.name = std::string(line.take_word("{"))};
  if (sample.name.empty()) return std::nullopt;
  if (line.take('{')) {
    while (!line.take('}')) {
      const std::string label(line.take_word("="));
      if (label.empty() || !line.take('=')) return std::nullopt;
      auto value = line.take_quoted();
      if (!value) return std::nullopt;
      sample.labels[label] = std::move(*value);
      line.take(',');
    }
  }
  const auto value = parse_metric_number(line.take_word(""));
  if (!value) return std::nullopt;
  sample.value = *value;
  line.take_word("");  // a timestamp
  return line.done() ? std::optional(std::move(sample)) : std::nullopt;
}

}  // namespace

std::string_view Sample::label(const std::string& label_name) const {
  const auto found = labels.find(label_name);
  return found == labels.end() ? std::string_view() : found->second;
}

std::optional<double> parse_metric_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::vector<Sample>> parse_metrics(std::string_view text) {
  std::vector<Sample> samples;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    const auto first = line.find_first_not_of(kBlanks);
    if (first == line.npos || line[first] == '#') continue;
    auto sample = parse_sample(line);
    if (!sample) {
      return fail(Code::invalid_reply, fmt::format("line {} of its metrics is none", number));
    }
    samples.push_back(std::move(*sample));
  }
  return samples;
}

}  // namespace msdemo::commands
