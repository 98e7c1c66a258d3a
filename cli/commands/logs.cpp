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

/// The logs that `service` means: its own and its replicas', or one's; all of them for none. Those
/// of replicas are known by their files: logs are also read when no lab runs.
std::vector<std::string> chosen_logs(const lab::StateFolder& folder, const std::string& service) {
  std::vector<std::string> names;
  if (service.empty()) {
    names = lab::service_names();
    names.emplace_back(lab::kSupervisorLog);
  } else {
    names = {service};
  }
  std::error_code unreadable;
  std::vector<std::string> replicas;
  for (const auto& entry : std::filesystem::directory_iterator(folder.logs(), unreadable)) {
    const std::string name = entry.path().stem().string();
    const std::string of = name.substr(0, name.rfind('-'));
    const bool replica = of != name && entry.path().extension() == ".log" && check_service(name);
    if (replica && (service.empty() || of == service)) replicas.push_back(name);
  }
  std::ranges::sort(replicas);
  names.insert(names.end(), replicas.begin(), replicas.end());
  return names;
}

Result<void> check_log(const std::string& name) {
  return name.empty() || name == lab::kSupervisorLog ? Result<void>() : check_service(name);
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
  if (auto known = check_log(options.service); !known) return report(program, known.error());
  const auto folder = lab::StateFolder::of(program.lab);
  if (!folder) return report(program, folder.error());
  if (!std::filesystem::exists(folder->logs())) {
    return report(program, {.code = Code::no_lab,
                            .message = fmt::format("the lab '{}' has no logs", program.lab),
                            .hint = "start it: msdemo up -d"});
  }
  const auto names = chosen_logs(*folder, options.service);
  lab::LogFollower follower(*folder, names);
  const auto last = follower.last(static_cast<std::size_t>(options.lines));
  if (program.json) {
    print_json(to_json(last));
    return exit_status::kDone;
  }
  const bool color = use_color(program, stdout);
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
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
                      "user, order, broker, notify, a replica (order-2) or supervisor; else all");
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
