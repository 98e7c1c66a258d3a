// `scenario`: lists the documents that show what goes wrong and what helps, and runs one of them
// for real, checking everything it says.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/scenario_run.hpp"
#include "commands/suggest.hpp"
#include "commands/table.hpp"
#include "scenario/library.hpp"

namespace msdemo::commands {

namespace {

struct ScenarioOptions {
  std::string which;
  bool quiet = false;
};

/// A document and what it is called.
struct Named {
  std::string name;
  scenario::Document document;
};

Result<Named> parse(std::string name, std::string file, std::string_view text) {
  auto document = scenario::parse_document(std::move(file), text);
  if (!document) return fail(document.error());
  return Named{std::move(name), std::move(*document)};
}

Result<Named> load_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return fail(Code::usage, fmt::format("cannot read {}", file), "`msdemo scenario list`");
  }
  return parse(std::filesystem::path(file).stem().string(), file, text.str());
}

/// A name is looked up; anything that looks like a file is one.
Result<Named> load(const std::string& which) {
  std::vector<std::string> names;
  for (const scenario::Entry& entry : scenario::library()) {
    if (entry.name == which) return parse(which, std::string(entry.file), entry.text);
    names.emplace_back(entry.name);
  }
  if (which.find_first_of("./") != which.npos) return load_file(which);
  const std::string near = nearest(which, names);
  return fail(Code::usage, fmt::format("there is no scenario '{}'", which),
              near.empty() ? "`msdemo scenario list` shows them; a file's name ends in .md"
                           : fmt::format("did you mean `msdemo scenario run {}`?", near));
}

int list(const Program& program) {
  Json documents = Json::array();
  std::vector<std::vector<std::string>> cells = {{"NAME", "WHAT IT SHOWS"}};
  for (const scenario::Entry& entry : scenario::library()) {
    const auto document = scenario::parse_document(std::string(entry.file), entry.text);
    if (!document) return report(program, document.error());
    documents.push_back({{"name", entry.name}, {"title", document->title}});
    cells.push_back({std::string(entry.name), document->title});
  }
  if (program.json) {
    print_json(documents);
  } else {
    fmt::print("{}", format_table(cells));
    std::fflush(stdout);
    fmt::print(stderr, "Run one, in a lab of its own: msdemo scenario run {}\n",
               scenario::library().front().name);
  }
  return exit_status::kDone;
}

/// Prints a run as it goes.
ScenarioObserver narrator(bool quiet, bool color, std::size_t commands) {
  const auto flush = [] { std::fflush(stdout); };
  return {.prose =
              [=](const scenario::Prose& prose, int) {
                if (!quiet) fmt::print("{}", paint(color, Style::faint, prose.text));
                flush();
                return Go::on;
              },
          .command =
              [=](std::size_t number, const scenario::Command& command, int) {
                const std::string text = fmt::format("$ {}", command.text);
                fmt::print("{} {}\n",
                           paint(color, Style::faint, fmt::format("[{}/{}]", number, commands)),
                           paint(color, Style::strong, text));
                flush();
                return Go::on;
              },
          .output =
              [=](std::string_view output) {
                if (!quiet) fmt::print("{}", output);
                flush();
              }};
}

void tell(const ScenarioResult& result, bool color) {
  constexpr Style kStyles[] = {Style::good, Style::bad, Style::warn};
  const Style style = kStyles[static_cast<std::size_t>(result.verdict)];
  fmt::print("\n{} after {} commands in {:.1f} s\n",
             paint(color, style, fmt::format("{} {}", result.scenario, to_string(result.verdict))),
             result.commands, result.seconds);
  if (!result.reason.empty()) fmt::print("{}\n", result.reason);
}

int run(const Program& program, const ScenarioOptions& options) {
  const auto named = load(options.which);
  if (!named) return report(program, named.error());
  const bool color = use_color(program, stdout);
  const ScenarioObserver silent = {
      .prose = [](const scenario::Prose&, int) { return Go::on; },
      .command = [](std::size_t, const scenario::Command&, int) { return Go::on; },
      .output = [](std::string_view) {}};
  const auto result = run_scenario(
      {.name = named->name, .lab = "scenario-" + named->name}, named->document,
      program.json ? silent : narrator(options.quiet, color, named->document.command_count()));
  if (!result) return report(program, result.error());
  if (program.json) {
    print_json(to_json(*result));
  } else {
    tell(*result, color);
  }
  return exit_status_of(result->verdict);
}

}  // namespace

void add_scenario(CLI::App& app, Program& program) {
  auto options = std::make_shared<ScenarioOptions>();
  CLI::App* scenario =
      app.add_subcommand("scenario", "Documents that break something and check what happens");
  set_help(*scenario, "msdemo scenario list\nmsdemo scenario run breaker");
  scenario->require_subcommand(0, 1);

  CLI::App* list_command = scenario->add_subcommand("list", "The scenarios that come along");
  set_help(*list_command, "msdemo scenario list");
  add_json_flag(*list_command, program);
  list_command->callback([&program] { program.run = [&program] { return list(program); }; });

  CLI::App* run_command = scenario->add_subcommand(
      "run", "Run the commands of one and compare what they print with what it says");
  set_help(*run_command,
           "msdemo scenario run breaker\n"
           "msdemo scenario run --quiet metastable\n"
           "msdemo scenario run ./my-own.md");
  run_command->footer(fmt::format(
      "It runs in a lab of its own, which is gone afterwards, and leaves every other alone.\n"
      "Exit status: 0 everything was as told; 1 something was not; 2 unknown, because a fault hit\n"
      "nothing or the run was interrupted. A command may take {} s. In the document, a block\n"
      "marked `console` holds commands (`$ …`), exit statuses (`? 1`) and their output, where\n"
      "[..] stands for any text, [<20] [>=80] [0.9..1.1] for a number, a line `...` for any lines.",
      limits::kScenarioCommand.count()));
  run_command->add_option("SCENARIO", options->which, "A name, or a file of your own")->required();
  run_command->add_flag("-q,--quiet", options->quiet, "Only the commands and the verdict");
  add_json_flag(*run_command, program);
  run_command->callback([&program, options] {
    program.run = [&program, options] { return run(program, *options); };
  });
}

}  // namespace msdemo::commands
