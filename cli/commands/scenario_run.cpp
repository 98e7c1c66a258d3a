#include "commands/scenario_run.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "commands/scenario_lab.hpp"
#include "lab/termination.hpp"
#include "scenario/fault_watch.hpp"
#include "scenario/shell.hpp"

namespace msdemo::commands {

namespace {

using scenario::Command;
using scenario::Expectation;
using scenario::ShellOutcome;

constexpr std::chrono::seconds kAfterCrash{5};

/// Like a diff: what came before the difference, and both sides of it.
std::string describe(const Expectation::Difference& difference, std::string_view output) {
  constexpr std::size_t kContext = 3;
  const auto lines = scenario::split_output(output);
  const auto context = std::min(difference.line, kContext);
  std::string text = fmt::format("line {} of its output differs:\n", difference.line + 1);
  for (std::size_t i = difference.line - context; i < difference.line; ++i) {
    text += fmt::format("    {}\n", lines[i]);
  }
  text += difference.expected ? fmt::format("  - {}\n", *difference.expected)
                              : std::string("  - (the end)\n");
  text +=
      difference.actual ? fmt::format("  + {}", *difference.actual) : std::string("  + (the end)");
  return text;
}

/// Why `command` was not as told; nothing if it was.
std::optional<std::string> check(const Command& command, const ShellOutcome& outcome) {
  switch (outcome.end) {
    case ShellOutcome::End::out_of_time:
      return fmt::format("it had not ended after {} s", limits::kScenarioCommand.count());
    case ShellOutcome::End::too_much_output:
      return fmt::format("it printed more than {} bytes", limits::kScenarioOutput);
    case ShellOutcome::End::interrupted:
      return "the run was interrupted here";
    case ShellOutcome::End::exited:
      break;
  }
  if (outcome.exit_code != command.exit_code) {
    return fmt::format("exit status {}, expected {}", outcome.exit_code, command.exit_code);
  }
  const auto difference = command.output.compare(outcome.output);
  if (difference) return describe(*difference, outcome.output);
  return std::nullopt;
}

class Run {
 public:
  Run(const std::string& name, const scenario::Document& document, const ScenarioObserver& observer,
      ScenarioLab& lab, int interrupt_fd)
      : document_(document), observer_(observer), lab_(lab), interrupt_fd_(interrupt_fd) {
    result_.scenario = name;
  }

  Result<ScenarioResult> run() {
    const SteadyTime began = real_clock().steady_now();
    for (const auto& step : document_.steps) {
      if (const auto* prose = std::get_if<scenario::Prose>(&step)) {
        if (observer_.prose(*prose, interrupt_fd_) == Go::away) leave();
      }
      if (const auto* command = std::get_if<Command>(&step)) {
        if (const auto ran = run_command(*command); !ran) return fail(ran.error());
      }
      if (over_) break;
    }
    if (result_.verdict == Verdict::passed) judge_faults();
    const std::chrono::duration<double> took = real_clock().steady_now() - began;
    result_.seconds = took.count();
    return result_;
  }

 private:
  Result<void> run_command(const Command& command) {
    if (observer_.command(result_.commands + 1, command, interrupt_fd_) == Go::away) {
      leave();
      return {};
    }
    ++result_.commands;
    lab_.watch_faults(faults_);
    const auto outcome = scenario::run_shell(command.text, lab_.work_folder(),
                                             {limits::kScenarioCommand, limits::kScenarioOutput},
                                             interrupt_fd_, observer_.output);
    if (!outcome) return fail(outcome.error());
    lab_.watch_faults(faults_);
    const auto wrong = check(command, *outcome);
    if (!wrong) return {};
    const bool interrupted = outcome->end == ShellOutcome::End::interrupted;
    const std::string reason =
        fmt::format("{}:{}: $ {}\n{}", document_.name, command.line, command.text, *wrong);
    over_ = interrupted || observer_.differs(reason) == Go::away;
    if (result_.verdict == Verdict::failed) return {};  // the first reason is the one that counts
    result_.verdict = interrupted ? Verdict::unknown : Verdict::failed;
    result_.reason = reason;
    return {};
  }

  /// Whoever watches had enough, or was interrupted while it was asked.
  void leave() {
    over_ = true;
    result_.left = true;
    if (result_.verdict == Verdict::failed) return;
    result_.verdict = Verdict::unknown;
    result_.reason = fmt::format("the run ended after {} commands", result_.commands);
  }

  /// What was as told proves nothing if it was not the faults that did it.
  void judge_faults() {
    // Whoever was killed a moment ago takes another to be back, and only then it shows.
    const SteadyTime deadline = real_clock().steady_now() + kAfterCrash;
    while (faults_.missed_a_crash() && real_clock().steady_now() < deadline) {
      ::poll(nullptr, 0, static_cast<int>(limits::kRestartDelay.count()));
      lab_.watch_faults(faults_);
    }
    const auto missed = faults_.missed();
    if (missed.empty()) return;
    result_.verdict = Verdict::unknown;
    result_.reason = fmt::format("{} hit nothing", fmt::join(missed, " and "));
  }

  const scenario::Document& document_;
  const ScenarioObserver& observer_;
  ScenarioLab& lab_;
  const int interrupt_fd_;
  scenario::FaultWatch faults_;
  ScenarioResult result_;
  bool over_ = false;
};

Result<void> write_files(const std::filesystem::path& folder,
                         const std::vector<scenario::ChapterFile>& files) {
  for (const scenario::ChapterFile& file : files) {
    const auto path = folder / file.name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    std::ofstream out(path, std::ios::binary);
    out << file.text;
    if (!out.flush()) return fail(Code::internal, fmt::format("cannot write {}", path.string()));
  }
  return {};
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::string_view kNames[] = {"passed", "failed", "unknown"};
  return kNames[static_cast<std::size_t>(verdict)];
}

int exit_status_of(Verdict verdict) {
  if (verdict == Verdict::passed) return exit_status::kDone;
  return verdict == Verdict::failed ? exit_status::kRefused : exit_status::kUnknown;
}

Json to_json(const ScenarioResult& result) {
  return {{"scenario", result.scenario},
          {"verdict", to_string(result.verdict)},
          {"commands", result.commands},
          {"seconds", result.seconds},
          {"reason", result.reason.empty() ? Json() : Json(result.reason)}};
}

Result<ScenarioResult> run_scenario(const ScenarioSetting& setting,
                                    const scenario::Document& document,
                                    const ScenarioObserver& observer) {
  lab::TerminationSignals signals;
  auto lab = ScenarioLab::open(setting.lab, setting.columns);
  if (!lab) return fail(lab.error());
  if (auto written = write_files((*lab)->work_folder(), setting.files); !written) {
    return fail(std::move(written.error()));
  }
  auto result = Run(setting.name, document, observer, **lab, signals.descriptor()).run();
  (*lab)->close();
  // What ended the run has been heard, and so has whatever came meanwhile.
  signals.take();
  return result;
}

}  // namespace msdemo::commands
