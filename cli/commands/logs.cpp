// Shows what the services wrote, merged by time: also after a lab has ended, when it matters most.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/limits.hpp"
#include "commands/commands.hpp"
#include "commands/log_view.hpp"
#include "commands/service_argument.hpp"
#include "lab/log_follower.hpp"
#include "lab/service_names.hpp"

namespace msdemo::commands {

namespace {

struct LogsOptions {
  bool follow = false;
  int lines = 100;
  std::string service;
};

Result<std::vector<std::string>> chosen_logs(const std::string& service) {
  if (service.empty()) {
    std::vector<std::string> all = lab::service_names();
    all.emplace_back(lab::kSupervisorLog);
    return all;
  }
  if (service != lab::kSupervisorLog) {
    if (auto known = check_service(service); !known) return fail(std::move(known.error()));
  }
  return std::vector{service};
}

Json to_json(const std::vector<lab::LogLine>& lines) {
  Json all = Json::array();
  for (const lab::LogLine& line : lines) {
    all.push_back({{"service", line.service},
                   {"time", line.time.empty() ? Json() : Json(line.time)},
                   {"level", line.level.empty() ? Json() : Json(line.level)},
                   {"message", line.text}});
  }
  return all;
}

int logs(const Program& program, const LogsOptions& options) {
  const auto names = chosen_logs(options.service);
  if (!names) return report(program, names.error());
  const auto folder = lab::StateFolder::of(program.lab);
  if (!folder) return report(program, folder.error());
  if (!std::filesystem::exists(folder->logs())) {
    return report(program, {.code = Code::no_lab,
                            .message = fmt::format("the lab '{}' has no logs", program.lab),
                            .hint = "start it: msdemo up -d"});
  }
  lab::LogFollower follower(*folder, *names);
  const auto last = follower.last(static_cast<std::size_t>(options.lines));
  if (program.json) {
    print_json(to_json(last));
    return exit_status::kDone;
  }
  const bool color = use_color(program, stdout);
  std::size_t width = 0;
  for (const std::string& name : *names) width = std::max(width, name.size());
  const auto print = [&](const lab::LogLine& line) {
    fmt::print("{}\n", format_log_line(line, width, color));
    if (options.follow) std::fflush(stdout);
  };
  for (const lab::LogLine& line : last) print(line);
  if (!options.follow) return exit_status::kDone;
  constexpr int kUntilCtrlC = -1;
  const auto followed = follower.follow(kUntilCtrlC, print);
  return followed ? exit_status::kDone : report(program, followed.error());
}

}  // namespace

void add_logs(CLI::App& app, Program& program) {
  auto options = std::make_shared<LogsOptions>();
  CLI::App* command = app.add_subcommand("logs", "What the services wrote, in the order of time");
  set_help(*command, "msdemo logs -f\nmsdemo logs -n 20 order");
  command->add_option("SERVICE", options->service,
                      "user, order, broker, notify or supervisor; else all of them");
  CLI::Option* follow = command->add_flag("-f,--follow", options->follow, "Go on until Ctrl-C");
  command->add_option("-n,--lines", options->lines, "How many of the last lines to begin with")
      ->check(CLI::Range(0, limits::kLogLinesShown))
      ->capture_default_str();
  add_json_flag(*command, program);
  command->get_option("--json")->excludes(follow);
  command->callback([&program, options] {
    program.run = [&program, options] { return logs(program, *options); };
  });
}

}  // namespace msdemo::commands
