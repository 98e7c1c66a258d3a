#include "commands/compare_table.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "commands/table.hpp"
#include "timeline/terminal.hpp"

namespace msdemo::commands {

namespace {

constexpr const char* kStyles[] = {"sync", "async"};

/// A member that is a number or null; a dash then.
std::string duration_in(const Json& summary, const char* member) {
  constexpr double kNanosecondsPerMillisecond = 1e6;
  const Json& ms = summary.at(member);
  if (ms.is_null()) return "-";
  return timeline::format_duration(
      static_cast<std::int64_t>(ms.get<double>() * kNanosecondsPerMillisecond));
}

std::string count_in(const Json& summary, const char* member) {
  return fmt::format("{} of {}", summary.at(member).get<std::int64_t>(),
                     summary.at("orders").get<std::int64_t>());
}

/// What is wrong with a style's summary; empty if nothing is.
std::string problem_of(const Json& document, const char* style) {
  const auto summary = document.find(style);
  if (!document.is_object() || summary == document.end() || !summary->is_object()) {
    return fmt::format("it has no \"{}\"", style);
  }
  for (const char* member : {"response_median_ms", "completion_median_ms"}) {
    const bool right = summary->contains(member) &&
                       (summary->at(member).is_null() || summary->at(member).is_number());
    if (!right) return fmt::format("{}.{} is no number", style, member);
  }
  for (const char* member : {"orders", "accepted", "completed"}) {
    if (!summary->contains(member) || !summary->at(member).is_number_integer()) {
      return fmt::format("{}.{} is no whole number", style, member);
    }
  }
  return {};
}

Result<ComparedCase> read_case(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return fail(Code::usage, fmt::format("cannot read {}", path),
                "make one: msdemo compare --json > " + path);
  }
  auto read = parse_case(std::filesystem::path(path).stem(), text.str());
  if (read) return read;
  return fail(Code::usage, fmt::format("{}: {}", path, read.error().message), read.error().hint);
}

int run(const Program& program, const std::vector<std::string>& paths) {
  std::vector<ComparedCase> cases;
  for (const std::string& path : paths) {
    auto read = read_case(path);
    if (!read) return report(program, read.error());
    cases.push_back(std::move(*read));
  }
  if (!program.json) {
    fmt::print("{}", format_cases(cases));
    return exit_status::kDone;
  }
  Json list = Json::array();
  for (const ComparedCase& each : cases) {
    list.push_back({{"case", each.name},
                    {"sync", each.document.at("sync")},
                    {"async", each.document.at("async")}});
  }
  print_json({{"cases", std::move(list)}});
  return exit_status::kDone;
}

}  // namespace

Result<ComparedCase> parse_case(std::string name, std::string_view text) {
  constexpr const char* kHint = "make one: msdemo compare --json > calm.json";
  auto document = parse_json(text);
  if (!document) return fail(Code::usage, document.error().message, kHint);
  for (const char* style : kStyles) {
    const std::string problem = problem_of(*document, style);
    if (!problem.empty()) return fail(Code::usage, problem, kHint);
  }
  return ComparedCase{std::move(name), std::move(*document)};
}

std::string format_cases(const std::vector<ComparedCase>& cases) {
  std::vector<std::vector<std::string>> cells = {
      {"CASE", "STYLE", "CALLER WAITS", "WORK DONE", "ACCEPTED", "DONE"}};
  for (const ComparedCase& each : cases) {
    for (const char* style : kStyles) {
      const Json& summary = each.document.at(style);
      cells.push_back({style == kStyles[0] ? each.name : "", style,
                       duration_in(summary, "response_median_ms"),
                       duration_in(summary, "completion_median_ms"), count_in(summary, "accepted"),
                       count_in(summary, "completed")});
    }
  }
  return format_table(cells, "<<>>>>");
}

void add_compare_table(CLI::App& compare, Program& program) {
  auto paths = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      compare.add_subcommand("table", "Put several comparisons into one table, to choose by");
  set_help(*command,
           "msdemo compare --json > calm.json\n"
           "msdemo compare --user-latency 100ms --json > slow.json\n"
           "msdemo compare table calm.json slow.json");
  command
      ->add_option("FILE", *paths, "Files that `compare --json` wrote; their names are the cases'")
      ->required();
  command->footer("Times are medians: until the caller was free, and until the work was done.");
  add_json_flag(*command, program);
  command->callback(
      [&program, paths] { program.run = [&program, paths] { return run(program, *paths); }; });
}

}  // namespace msdemo::commands
