// What a command is expected to print, with holes for what differs from run to run. It exists so
// that a document can show real output and still be true tomorrow.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace msdemo::scenario {

/// Lines that output is compared with. Within a line `[..]` stands for any text; `[<20]`, `[<=20]`,
/// `[>80]`, `[>=80]` and `[0.9..1.1]` stand for a number of that size, written with digits, perhaps
/// with a sign, thousands separators (`1,234`) and a decimal point. A line `...` stands for any
/// lines, also none. Two blanks or more in a row, as between the columns of a table, stand for any
/// number of them from two on; those at the end of a line and empty lines at the end do not count.
/// Without any line, every output is right.
///
/// A picture shows in a document as it was printed, although no two runs draw the same: a line that
/// has bars (`order  POST /orders  ██░░█▌ 1.9 ms`) and no placeholder is compared up to the first
/// of them, and of the line with an axis (`0    1    2 ms`) only that there is one.
class Expectation {
 public:
  Expectation() = default;

  /// The first output line that is not as expected. Both texts are nothing where there is no line.
  struct Difference {
    std::size_t line;  ///< of the output, from 0
    std::optional<std::string> expected;
    std::optional<std::string> actual;
  };

  /// Adds a line; fails with usage when a placeholder in it cannot be understood.
  Result<void> add(std::string_view line);

  /// Nothing when `output` is as expected.
  std::optional<Difference> compare(std::string_view output) const;

 private:
  struct Anything {};
  /// What a line with a picture begins with; blanks in it are one or more, and where there was too
  /// little room for it, a `…` takes the place of its end.
  struct Label {
    std::string text;

    bool begins(std::string_view line) const;
  };
  struct Number {
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
    bool open = false;  ///< the bounds themselves do not count

    bool holds(double value) const {
      return open ? least < value && value < most : least <= value && value <= most;
    }
  };
  using Part = std::variant<std::string, Anything, Label, Number>;
  struct Line {
    std::string text;  ///< as written
    std::vector<Part> parts;
    bool any_lines = false;
  };

  static Result<Part> parse_placeholder(std::string_view text, std::size_t& length);
  static bool matches(const std::vector<Part>& parts, std::size_t part, std::string_view line,
                      std::size_t at);

  std::vector<Line> lines_;
};

/// `text` as lines without blanks at their ends and without empty lines at its end.
std::vector<std::string_view> split_output(std::string_view text);

}  // namespace msdemo::scenario
