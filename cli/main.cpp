// The msdemo program: builds the parser, runs the one command that was named, and turns whatever
// comes out into an exit status.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/url.hpp"
#include "commands/commands.hpp"
#include "commands/engine_argument.hpp"
#include "commands/suggest.hpp"
#include "commands/tutorial.hpp"
#include "lab/process.hpp"

namespace {

using msdemo::Code;
using msdemo::Error;
using msdemo::commands::Program;

/// Lists a command in one line; its examples are for its own help.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* sub) const override {
    const std::string text = sub->get_description();
    return fmt::format("  {:<12}{}\n", sub->get_name(), text.substr(0, text.find('\n')));
  }
};

void add_options(CLI::App& app, Program& program) {
  app.add_option("--lab", program.lab, "Which lab, when several run side by side")
      ->envname("MSDEMO_LAB")
      ->capture_default_str();
  app.add_option("--color", program.color, "auto, always or never; NO_COLOR counts too")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.set_version_flag("--version", std::string("msdemo " MSDEMO_VERSION));
  app.require_subcommand(0, 1);
  app.fallthrough();  // --lab and --color may come after the command, too
  app.formatter(std::make_shared<HelpFormatter>());
  msdemo::commands::set_help(app,
                             "msdemo up -d\n"
                             "msdemo order create --user 1 --item book\n"
                             "msdemo compare --user-latency 100ms\n"
                             "msdemo down");
  app.footer("`msdemo COMMAND --help` tells more, with examples.");
}

void add_commands(CLI::App& app, Program& program) {
  using namespace msdemo::commands;
  add_up(app, program);
  add_down(app, program);
  add_ps(app, program);
  add_url(app, program);
  add_logs(app, program);
  add_service(app, program);
  add_user(app, program);
  add_order(app, program);
  add_compare(app, program);
  add_bench(app, program);
  add_queue(app, program);
  add_fault(app, program);
  add_policy(app, program);
  add_watch(app, program);
  add_scenario(app, program);
  add_tutorial(app, program);
  add_trace(app, program);
  add_why(app, program);
  add_migrate(app, program);
  add_serve(app, program);
  add_health(app, program);
  add_completion(app, program);
}

/// The deepest command that the arguments named, for errors that tell how it is used.
const CLI::App& named_command(const CLI::App& app) {
  const auto named = app.get_subcommands();
  return named.empty() ? app : named_command(*named.front());
}

/// Follows the arguments down the tree of commands, to the first that is nearly the name of one.
/// Values of options are no commands and are rarely near one: they are passed over.
std::optional<Error> mistyped_command(const CLI::App& app,
                                      const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  for (const std::string& argument : arguments) {
    if (argument.rfind('-', 0) == 0) continue;
    const CLI::App* named = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
      if (sub->get_name() == argument) named = sub;
    }
    const std::string nearest = named ? "" : msdemo::nearest(argument, names);
    if (!nearest.empty()) {
      return Error{Code::usage, fmt::format("there is no command `{}`", argument),
                   fmt::format("did you mean `{}`? see `{} --help`", nearest,
                               msdemo::commands::full_name(*command))};
    }
    if (named != nullptr) command = named;
  }
  return std::nullopt;
}

/// What CLI11 says, which quotes arguments as they are: a URL behind a mistyped option, too.
std::string without_passwords(std::string text, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const std::string shown = msdemo::without_password(argument);
    if (shown == argument) continue;
    for (auto at = text.find(argument); at != text.npos; at = text.find(argument, at)) {
      text.replace(at, argument.size(), shown);
      at += shown.size();
    }
  }
  return text;
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& arguments) {
  if (auto mistyped = mistyped_command(app, arguments)) return std::move(*mistyped);
  const std::string help =
      fmt::format("see `{} --help`", msdemo::commands::full_name(named_command(app)));
  const std::string what = without_passwords(error.what(), arguments);
  if (error.get_name() == "ConversionError") {
    // "Could not convert: --user = abc": every option that is converted is a number.
    return {Code::usage, fmt::format("not a number: {}", what.substr(what.find(": ") + 2)), help};
  }
  return {Code::usage, what, help};
}

int run(int argc, char** argv) {
  Program program;
  CLI::App app("See how services talk to each other: real processes, real calls, one timeline.",
               "msdemo");
  add_options(app, program);
  add_commands(app, program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    // Parsing stopped before it came to the flag, perhaps.
    program.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    return msdemo::commands::report(program, usage_error(app, error, arguments));
  }
  msdemo::commands::conceal_passwords(argc, argv);
  if (!program.run) {
    fmt::print("{}", named_command(app).help());
    return msdemo::exit_status::kDone;
  }
  return program.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto failed = msdemo::lab::become_foreign(argv)) return *failed;
  std::setlocale(LC_ALL, "C.UTF-8");
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const std::exception& bug) {
    fmt::print(stderr, "msdemo: this is a bug: {}\n", bug.what());
    return msdemo::exit_status::kInternal;
  }
}
