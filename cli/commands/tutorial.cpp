// `tutorial`: leads a person through the chapters of docs/tutorial in a terminal, each command run
// for real when they are ready for it, and looks at what they made of the exercises.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "commands/key_press.hpp"
#include "commands/prose_view.hpp"
#include "commands/python_module.hpp"
#include "commands/scenario_run.hpp"
#include "commands/table.hpp"
#include "commands/tutorial.hpp"
#include "commands/tutorial_check.hpp"
#include "commands/tutorial_progress.hpp"
#include "lab/client.hpp"
#include "lab/foreign_command.hpp"
#include "scenario/chapters.hpp"

namespace msdemo::commands {

namespace {

constexpr std::string_view kFolder = "docs/tutorial";
constexpr int kProseColumns = 88;    ///< longer lines are hard to read
constexpr int kOutputColumns = 100;  ///< as the documents are written for

struct TutorialOptions {
  std::string chapter;  ///< its number, or an appendix's name; empty: none was named
  bool step = false;
  bool yes = false;
  std::optional<double> answer;
};

Result<scenario::Chapter> load(const std::string& name) {
  const auto number = parse_integer(name);
  std::vector<std::string> names;
  for (const scenario::ChapterText& text : scenario::chapters()) {
    const bool appendix = text.number == 0;
    if (appendix ? text.name == name : number == text.number) return scenario::read_chapter(text);
    names.push_back(appendix ? std::string(text.name) : std::to_string(text.number));
  }
  return fail(Code::usage, fmt::format("there is no chapter {}", escape_control(name)),
              fmt::format("there are {}; `msdemo tutorial` lists them", fmt::join(names, ", ")));
}

/// `Chapter 3`, `Appendix fastapi`
std::string called(const scenario::Chapter& chapter) {
  return fmt::format("{} {}", chapter.number == 0 ? "Appendix" : "Chapter", chapter.name);
}

/// Fails with usage, naming the first engine that nobody has said the place of, and who can start
/// it.
Result<void> check_engines(const scenario::Chapter& chapter) {
  for (const std::string& engine : chapter.engines) {
    std::string variable = "MSDEMO_TEST_" + engine;
    std::ranges::transform(variable, variable.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
    const char* url = std::getenv(variable.c_str());
    if (url != nullptr && *url != '\0') continue;
    return fail(
        Code::usage,
        fmt::format("chapter {} needs a running {}, and {} does not say where one is",
                    chapter.number, engine, variable),
        "in the source tree: eval \"$(scripts/engines up >/dev/null && scripts/engines env)\"");
  }
  return {};
}

/// Fails with usage, naming the first program that is missing and how to get it.
Result<void> check_needs(const scenario::Chapter& chapter) {
  std::vector<std::string> needs = chapter.needs;
  needs.emplace_back("bash");
  for (const std::string& need : needs) {
    const auto colon = need.find(':');
    const std::string program = need.substr(0, colon);
    if (lab::find_program(program, "/").empty()) {
      return fail(Code::usage,
                  fmt::format("{} needs {}, which is not installed", called(chapter), program),
                  fmt::format("sudo apt install {}", program));
    }
    if (colon == need.npos) continue;
    const std::string module = need.substr(colon + 1);
    if (has_python_module(program, module)) continue;
    return fail(Code::usage,
                fmt::format("{} needs the Python module {} beside {}, which is not installed",
                            called(chapter), module, program),
                fmt::format("sudo apt install python3-{}", module));
  }
  return check_engines(chapter);
}

int list(const Program& program) {
  const TutorialProgress progress;
  Json documents = Json::array();
  std::vector<std::vector<std::string>> cells = {{"", "CHAPTER", "MINUTES", "RUN", "EXERCISE"}};
  std::optional<std::string> next;
  for (const scenario::ChapterText& text : scenario::chapters()) {
    const auto chapter = scenario::read_chapter(text);
    if (!chapter) return report(program, chapter.error());
    const bool run = progress.reached(chapter->name, Milestone::run);
    const bool solved = progress.reached(chapter->name, Milestone::solved);
    if (!next && !run) next = chapter->name;
    documents.push_back(
        {{"chapter", chapter->number == 0 ? Json(chapter->name) : Json(chapter->number)},
         {"title", chapter->title},
         {"minutes", chapter->minutes},
         {"run", run},
         {"solved", solved}});
    cells.push_back({chapter->name, chapter->title, std::to_string(chapter->minutes),
                     run ? "yes" : "-", solved ? "yes" : "-"});
  }
  if (program.json) {
    print_json(documents);
    return exit_status::kDone;
  }
  fmt::print("{}", format_table(cells, "><><<"));
  std::fflush(stdout);
  fmt::print(stderr, "\nnext  msdemo tutorial {}\n",
             next.value_or(std::to_string(scenario::chapters().front().number)));
  return exit_status::kDone;
}

/// Lines of the terminal on stdout; 0 if it is none.
int terminal_rows() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

/// Tells a chapter on a terminal. If it asks, nothing is run and nothing scrolls away before a
/// person is ready for it.
class Narrator {
 public:
  Narrator(const scenario::Chapter& chapter, bool color, bool asks)
      : commands_(chapter.document.command_count()),
        columns_(std::min(columns(stdout), kProseColumns)),
        rows_(terminal_rows()),
        color_(color),
        asks_(asks) {}

  ScenarioObserver observer() {
    return {.prose = [this](const scenario::Prose& prose,
                            int interrupt_fd) { return tell(prose, interrupt_fd); },
            .command = [this](std::size_t number, const scenario::Command& command,
                              int interrupt_fd) { return announce(number, command, interrupt_fd); },
            .output = [this](std::string_view output) { pass_on(output); },
            .differs = [this](const std::string& reason) { return complain(reason); }};
  }

  void say(Style style, std::string_view text) const {
    fmt::print("{}\n", paint(color_, style, text));
    std::fflush(stdout);
  }

 private:
  /// Paragraph by paragraph, a heading together with what is below it.
  Go tell(const scenario::Prose& prose, int interrupt_fd) {
    separate();
    const std::string text = render_prose(prose.text, kFolder, columns_, color_);
    std::string_view rest = std::string_view(text).substr(0, text.find_last_not_of('\n') + 1);
    while (!rest.empty()) {
      auto end = rest.find("\n\n");
      if (end != rest.npos && rest.substr(0, end).find("──") != rest.npos) {
        end = rest.find("\n\n", end + 1);
      }
      const std::string_view block = rest.substr(0, end);
      const int lines = static_cast<int>(std::ranges::count(block, '\n')) + 2;
      if (asks_ && rows_ > 0 && shown_ > 0 && shown_ + lines + 1 > rows_ &&
          ask("Enter reads on · q ends ", interrupt_fd) == Go::away) {
        return Go::away;
      }
      fmt::print("{}\n{}", block, end == rest.npos ? "" : "\n");
      shown_ += lines;
      rest.remove_prefix(end == rest.npos ? rest.size() : end + 2);
    }
    std::fflush(stdout);
    return Go::on;
  }

  Go announce(std::size_t number, const scenario::Command& command, int interrupt_fd) {
    separate();
    fmt::print("{} {}\n", paint(color_, Style::faint, fmt::format("[{}/{}]", number, commands_)),
               paint(color_, Style::strong, fmt::format("$ {}", command.text)));
    std::fflush(stdout);
    return asks_ ? ask("Enter runs it · a all the rest · q ends ", interrupt_fd) : Go::on;
  }

  void pass_on(std::string_view output) {
    fmt::print("{}", output);
    std::fflush(stdout);
    // Long lines take several of the terminal's; more or less is good enough.
    shown_ += static_cast<int>(std::ranges::count(output, '\n') + std::ssize(output) / columns_);
    if (!output.empty()) line_ended_ = output.back() == '\n';
  }

  /// An empty line before what comes next, wherever the output of a command has ended.
  void separate() {
    fmt::print("{}", line_ended_ ? "\n" : "\n\n");
    line_ended_ = true;
    ++shown_;
  }

  Go ask(std::string_view question, int interrupt_fd) {
    const bool screen = ::isatty(STDOUT_FILENO) == 1;
    fmt::print("{}", paint(color_, Style::faint, question));
    std::fflush(stdout);
    const char key = wait_for_key("\naq", interrupt_fd);
    fmt::print("{}", screen ? "\r\x1b[K" : "\n");
    std::fflush(stdout);
    if (key == 'a') asks_ = false;
    shown_ = 0;
    return key == '\n' || key == 'a' ? Go::on : Go::away;
  }

  /// A learner's machine may be slow or busy; that is no reason to send them away.
  Go complain(const std::string& reason) {
    if (!asks_) return Go::away;
    separate();
    say(Style::warn, "This is not quite what the chapter expects:");
    pass_on(reason);
    return Go::on;
  }

  const std::size_t commands_;
  const int columns_;
  const int rows_;
  const bool color_;
  bool asks_;
  int shown_ = 0;  ///< lines since somebody was asked
  bool line_ended_ = true;
};

void tell_end(const Narrator& narrator, const scenario::Chapter& chapter,
              const ScenarioResult& result) {
  if (result.left) {
    narrator.say(Style::warn, fmt::format("\n{} ended here; its lab is gone.", called(chapter)));
    return;
  }
  if (result.verdict != Verdict::passed) {
    narrator.say(
        result.verdict == Verdict::failed ? Style::bad : Style::warn,
        fmt::format("\n{} {} after {} commands in {:.0f} s. Its lab is gone.", called(chapter),
                    to_string(result.verdict), result.commands, result.seconds));
    fmt::print("{}\n", result.reason);
    return;
  }
  narrator.say(Style::good, fmt::format("\n{} is done: {} commands, all as told, in {:.0f} "
                                        "s. Its lab is gone.",
                                        called(chapter), result.commands, result.seconds));
  const auto& checks = chapter_checks();
  if (std::ranges::count(checks, chapter.number, &ChapterCheck::chapter) > 0) {
    fmt::print("The exercise is yours: `msdemo up -d`, and then `msdemo tutorial check {}`.\n",
               chapter.number);
  }
}

std::string introduction(const Program& program, bool asks) {
  const bool running = lab::Lab::find(program.lab).has_value();
  std::string text = running ? fmt::format(
                                   "Your lab '{}' is left alone: this chapter runs in one of "
                                   "its own, which is gone afterwards.",
                                   program.lab)
                             : "This chapter runs in a lab of its own, which is gone afterwards.";
  if (asks) text += " Enter runs the next command; `q` or Ctrl-C ends it at any time.";
  return text;
}

int run(const Program& program, const TutorialOptions& options) {
  if (options.chapter.empty()) return list(program);
  const auto chapter = load(options.chapter);
  if (!chapter) return report(program, chapter.error());
  if (auto needs = check_needs(*chapter); !needs) return report(program, needs.error());
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  const bool asks = options.step || (terminal && !options.yes);
  const TutorialProgress progress;
  const int width = columns(stdout);
  Narrator narrator(*chapter, use_color(program, stdout), asks);
  fmt::print("{}", render_prose(introduction(program, asks), kFolder,
                                std::min(width, kProseColumns), use_color(program, stdout)));
  const std::string name = fmt::format("tutorial-{}", chapter->name);
  const auto result = run_scenario({.name = name,
                                    .lab = name,
                                    .columns = std::min(width, kOutputColumns),
                                    .files = chapter->files},
                                   chapter->document, narrator.observer());
  if (!result) return report(program, result.error());
  if (terminal && !result->left && result->verdict != Verdict::unknown) {
    progress.remember(chapter->name, Milestone::run);
  }
  tell_end(narrator, *chapter, *result);
  return result->left ? exit_status::kDone : exit_status_of(result->verdict);
}

int check(const Program& program, const TutorialOptions& options) {
  const auto chapter = load(options.chapter);
  if (!chapter) return report(program, chapter.error());
  const auto& checks = chapter_checks();
  const auto found = std::ranges::find(checks, chapter->number, &ChapterCheck::chapter);
  if (found == checks.end()) {
    return report(program,
                  Error{Code::usage, fmt::format("{} has no exercise to check", called(*chapter)),
                        "`msdemo tutorial` lists the chapters"});
  }
  const CheckReport result = check_exercise(*found, program.lab, options.answer);
  const Finding::State verdict = verdict_of(result);
  if (verdict == Finding::State::right) {
    TutorialProgress().remember(chapter->name, Milestone::solved);
  }
  if (program.json) {
    print_json(to_json(result));
  } else {
    fmt::print("{}", format_check(result, columns(stdout), use_color(program, stdout)));
  }
  return exit_status_of(verdict);
}

}  // namespace

void add_tutorial(CLI::App& app, Program& program) {
  auto options = std::make_shared<TutorialOptions>();
  CLI::App* tutorial =
      app.add_subcommand("tutorial", "Learn by doing: chapters that run, step by step");
  set_help(*tutorial,
           "msdemo tutorial\n"
           "msdemo tutorial 1\n"
           "msdemo tutorial fastapi\n"
           "msdemo tutorial check 1");
  tutorial->footer(
      "Without a number it lists the chapters. A chapter runs in a lab of its own, which is gone\n"
      "afterwards, and leaves every other alone. Exit status: 0 everything was as told, or you\n"
      "ended it; 1 something was not; 2 unknown, because a fault hit nothing or the run was\n"
      "interrupted.");
  tutorial->add_option("CHAPTER", options->chapter, "Its number, or the name of an appendix");
  CLI::Option* step =
      tutorial->add_flag("--step", options->step, "Wait before each command, as on a terminal");
  tutorial->add_flag("--yes", options->yes, "Do not wait")->excludes(step);
  add_json_flag(*tutorial, program);
  tutorial->callback([&program, options] {
    if (!program.run) program.run = [&program, options] { return run(program, *options); };
  });
  tutorial->require_subcommand(0, 1);

  CLI::App* check_command =
      tutorial->add_subcommand("check", "Look at what you made of a chapter's exercise");
  set_help(*check_command,
           "msdemo tutorial check 1\n"
           "msdemo tutorial check 3 --answer 0.98");
  check_command->footer(
      "It looks at the lab that you have running, and changes nothing in it. Exit status: 0 "
      "right,\n"
      "1 something is not, 2 it cannot be judged: no lab, or nothing in it to judge by.");
  check_command->add_option("CHAPTER", options->chapter, "Its number")->required();
  check_command->add_option("--answer", options->answer, "The number that the exercise asks for");
  add_json_flag(*check_command, program);
  check_command->callback([&program, options] {
    program.run = [&program, options] { return check(program, *options); };
  });
}

}  // namespace msdemo::commands
