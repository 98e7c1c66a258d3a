// A scenario as it is written: prose in markdown, and console blocks of commands with the output
// they are expected to have. One text is read by people and run by the program, so that what it
// promises is tested.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "scenario/expectation.hpp"

namespace msdemo::scenario {

/// Lines between two commands, as they stand in the document.
struct Prose {
  std::string text;
};

/// `$ …`, and what is expected of it.
struct Command {
  int line = 0;       ///< where it stands, from 1
  std::string text;   ///< for a shell; may have several lines
  int exit_code = 0;  ///< `? 1` on the line after it
  Expectation output;
};

struct Document {
  std::string name;   ///< the file, as it is named in messages
  std::string title;  ///< the first heading; empty if there is none
  std::vector<std::variant<Prose, Command>> steps;

  std::size_t command_count() const;
};

/// Reads markdown. Only fenced blocks whose info string is `console` are run; everything else is
/// prose. In such a block a line `$ …` is a command; it goes on while lines end in a backslash, and
/// with lines `> …` right after it, as in a terminal. A line `? STATUS` right after that is its exit
/// status, else 0; the lines up to the next command are its output. Fails with usage, as
/// `FILE:LINE: …`, when a fence is not closed, output comes before a command, a status is no number
/// of 0 to 255 or a placeholder cannot be understood.
Result<Document> parse_document(std::string name, std::string_view markdown);

}  // namespace msdemo::scenario
