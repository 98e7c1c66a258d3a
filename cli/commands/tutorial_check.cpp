#include "commands/tutorial_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "commands/program.hpp"
#include "timeline/text_width.hpp"

namespace msdemo::commands {

namespace {

using State = Finding::State;

std::string_view to_string(State state) {
  constexpr std::string_view kNames[] = {"right", "wrong", "unknown"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view verdict_name(State verdict) {
  constexpr std::string_view kNames[] = {"passed", "failed", "unknown"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Finding unjudged(const Error& error) {
  return {.state = State::unknown, .text = error.message, .hint = error.hint};
}

/// `text` behind a mark of two columns.
std::string hanging(std::string_view mark, const std::string& text, int columns) {
  std::string out;
  constexpr int kIndent = 4;
  const auto lines =
      timeline::wrap(timeline::printable(text), columns - kIndent, std::numeric_limits<int>::max());
  for (const std::string& line : lines) {
    out += fmt::format("{} {}\n", out.empty() ? mark : std::string_view("   "), line);
  }
  return out;
}

}  // namespace

State verdict_of(const CheckReport& report) {
  const auto any = [&](State state) {
    return std::ranges::any_of(report.findings,
                               [&](const Finding& finding) { return finding.state == state; });
  };
  if (any(State::wrong)) return State::wrong;
  return any(State::unknown) || report.findings.empty() ? State::unknown : State::right;
}

std::string hint_of(const CheckReport& report) {
  for (const Finding& finding : report.findings) {
    if (finding.state != State::right && !finding.hint.empty()) return finding.hint;
  }
  return {};
}

int exit_status_of(State verdict) {
  if (verdict == State::right) return exit_status::kDone;
  return verdict == State::wrong ? exit_status::kRefused : exit_status::kUnknown;
}

Json to_json(const CheckReport& report) {
  Json findings = Json::array();
  for (const Finding& finding : report.findings) {
    findings.push_back({{"state", to_string(finding.state)}, {"text", finding.text}});
  }
  const std::string hint = hint_of(report);
  return {{"chapter", report.chapter},
          {"verdict", verdict_name(verdict_of(report))},
          {"findings", std::move(findings)},
          {"hint", hint.empty() ? Json() : Json(hint)}};
}

std::string format_check(const CheckReport& report, int columns, bool color) {
  constexpr std::string_view kMarks[] = {"✓", "✗", "?"};
  constexpr Style kStyles[] = {Style::good, Style::bad, Style::warn};
  std::string out;
  for (const Finding& finding : report.findings) {
    const auto index = static_cast<std::size_t>(finding.state);
    out += hanging(fmt::format("  {}", paint(color, kStyles[index], kMarks[index])), finding.text,
                   columns);
  }
  const State verdict = verdict_of(report);
  const auto index = static_cast<std::size_t>(verdict);
  out += fmt::format("\n{}\n",
                     paint(color, kStyles[index],
                           fmt::format("exercise {} {}", report.chapter, verdict_name(verdict))));
  const std::string hint = hint_of(report);
  if (!hint.empty()) out += hanging("hint", hint, columns);
  return out;
}

CheckReport check_exercise(const ChapterCheck& check, const std::string& name,
                           std::optional<double> answer) {
  CheckReport report{.chapter = check.chapter, .findings = {}};
  auto lab = lab::Lab::find(name);
  if (!lab) {
    report.findings.push_back(unjudged(lab.error()));
    return report;
  }
  LearnersLab learners(std::move(*lab), answer);
  auto findings = check.look(learners);
  if (findings) {
    report.findings = std::move(*findings);
  } else {
    report.findings.push_back(unjudged(findings.error()));
  }
  return report;
}

}  // namespace msdemo::commands
