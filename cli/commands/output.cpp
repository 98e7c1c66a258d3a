// How the program speaks: colours, widths, JSON and errors, the same for every command.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "commands/program.hpp"

namespace msdemo::commands {

namespace {

constexpr int kColumnsUnknown = 80;
constexpr int kColumnsMin = 60;
constexpr int kColumnsMax = 200;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Json to_json(const Error& error) {
  const CodeInfo& row = info(error.code);
  return {{"code", row.name},
          {"message", error.message},
          {"definite", row.definite},
          {"hint", error.hint.empty() ? Json() : Json(error.hint)},
          {"http_status", row.http_status == 0 ? Json() : Json(row.http_status)},
          {"trace_id", error.trace_id.empty() ? Json() : Json(error.trace_id)}};
}

void add_json_flag(CLI::App& command, Program& program) {
  command.add_flag("--json", program.json, "Print one JSON document instead of text");
}

void add_durability_option(CLI::App& command, storage::Durability& durability) {
  command
      .add_option_function<std::string>(
          "--durability",
          [&durability](const std::string& name) {
            durability = name == "full" ? storage::Durability::full : storage::Durability::normal;
          },
          "full: an answered write survives power loss; normal: a killed process only")
      ->check(CLI::IsMember({"full", "normal"}))
      ->default_str("full");
}

void set_help(CLI::App& command, std::string_view examples) {
  std::string text = command.get_description() + "\n\nExample:\n";
  while (!examples.empty()) {
    const auto end = examples.find('\n');
    text += fmt::format("  {}\n", examples.substr(0, end));
    examples.remove_prefix(end == examples.npos ? examples.size() : end + 1);
  }
  command.description(text);
}

bool use_color(const Program& program, std::FILE* stream) {
  if (program.color != "auto") return program.color == "always";
  if (!variable("NO_COLOR").empty()) return false;
  if (!variable("FORCE_COLOR").empty()) return true;
  return ::isatty(::fileno(stream)) == 1 && variable("TERM") != "dumb";
}

int columns(std::FILE* stream) {
  winsize size{};
  int found = kColumnsUnknown;
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    found = size.ws_col;
  } else if (const auto given = parse_integer(variable("COLUMNS"))) {
    found = static_cast<int>(std::clamp<std::int64_t>(*given, kColumnsMin, kColumnsMax));
  }
  return std::clamp(found, kColumnsMin, kColumnsMax);
}

std::string paint(bool color, Style style, std::string_view text) {
  if (!color) return std::string(text);
  constexpr std::string_view kCodes[] = {"1", "2", "32", "31", "33"};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(style)], text);
}

std::string command_line(const std::string& lab, std::string_view rest) {
  const std::string_view usual = variable("MSDEMO_LAB");
  return lab == (usual.empty() ? "default" : usual) ? fmt::format("msdemo {}", rest)
                          : fmt::format("msdemo --lab {} {}", lab, rest);
}

void print_json(const Json& document) {
  fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_note(const Program& program, std::string_view note) {
  fmt::print(stderr, "{} {}\n", paint(use_color(program, stderr), Style::warn, "note:"),
             escape_control(note));
}

int report(const Program& program, const Error& error) {
  if (program.json) {
    print_json({{"error", to_json(error)}});
    return info(error.code).exit_status;
  }
  const bool color = use_color(program, stderr);
  fmt::print(stderr, "{} {}\n", paint(color, Style::bad, fmt::format("{}:", error.name())),
             escape_control(error.message));
  if (!error.definite()) {
    fmt::print(stderr,
               "  Nobody knows whether it happened. Repeat it only with the same "
               "--idempotency-key.\n");
  }
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", escape_control(error.hint));
  return info(error.code).exit_status;
}

}  // namespace msdemo::commands
