// What all commands share: the options of the program, and one voice for output and errors.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "storage/database.hpp"

namespace msdemo::commands {

/// Filled in by parsing, then handed to the one command that was named.
struct Program {
  std::string lab = "default";
  std::string color = "auto";  ///< auto | always | never
  bool json = false;
  std::function<int()> run;  ///< what the named command does; returns the exit status
};

/// Adds `--json` to a command that prints data.
void add_json_flag(CLI::App& command, Program& program);

/// Adds `--durability full|normal`.
void add_durability_option(CLI::App& command, storage::Durability& durability);

/// Every --help opens with an example: `examples` is shown first, one command a line.
void set_help(CLI::App& command, std::string_view examples);

/// Whether `stream` gets colour: --color, then NO_COLOR and FORCE_COLOR, then whether it is a
/// terminal that is not dumb.
bool use_color(const Program& program, std::FILE* stream);

/// Columns of the terminal `stream` writes to; COLUMNS or 80 when it is none; within 60…200.
int columns(std::FILE* stream);

/// The SGR styles that the program uses, by meaning.
enum class Style { strong, faint, good, bad, warn };

/// `text` in `style`, or as it is when `color` is false.
std::string paint(bool color, Style style, std::string_view text);

/// What to type for `rest`, a command, in the lab of this name: `msdemo --lab class-2 ps`, or
/// `msdemo ps` where that is the lab that the environment (MSDEMO_LAB) or nobody names.
std::string command_line(const std::string& lab, std::string_view rest);

/// Prints one JSON document to stdout.
void print_json(const Json& document);

/// `{"code","message","definite","hint","http_status","trace_id"}`
Json to_json(const Error& error);

/// Something that people should know, on stderr.
void print_note(const Program& program, std::string_view note);

/// Says what went wrong and what to do next: on stderr for people, with --json as
/// `{"error":{…}}` on stdout. Returns the exit status of the error's code.
int report(const Program& program, const Error& error);

}  // namespace msdemo::commands
