// The commands that act on one service: restart, kill, stop, start, pause and resume.
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "commands/commands.hpp"
#include "commands/service_argument.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

constexpr std::string_view kRestart = "restart";

struct ServiceAction {
  std::string_view name;
  const char* description;
  const char* done;  ///< what is said afterwards, `{}` being the service
};

constexpr const char* kAll =
    "Where a service has several replicas, its name means all of them, and order-2 one.";
constexpr const char* kRolling =
    "Where a service has several replicas, its name means all of them, one after another: each is\n"
    "restarted when the one before is ready, and nothing is lost or refused meanwhile. A service\n"
    "that has only one replica refuses connections until it is back.";

constexpr std::array<ServiceAction, 6> kActions = {{
    {kRestart, "Stop a service gracefully and start it again at the same URL",
     "{} was restarted and is ready"},
    {"kill", "Kill a service as a crash would; the lab starts it again",
     "{} was killed; the lab starts it again"},
    {"stop", "Stop a service and keep it down", "{} is stopped until `msdemo start {}`"},
    {"start", "Start a service that is stopped or failed", "{} is ready"},
    {"pause", "Freeze a service: it keeps its connections and answers nothing",
     "{} is paused until `msdemo resume {}`"},
    {"resume", "Let a paused service go on", "{} goes on"},
}};

/// The replicas that `service` means, in the order in which the action comes to them.
Result<std::vector<std::string>> in_turn(lab::Lab& lab, const ServiceAction& action,
                                         const std::string& service) {
  const auto meant = lab.replicas(service);
  if (!meant) return fail(meant.error());
  std::vector<std::string> names;
  for (const lab::Replica& replica : *meant) names.push_back(replica.name);
  if (names.size() == 1 || action.name != kRestart) return names;
  const auto states = lab.services();
  if (!states) return fail(states.error());
  return lab::restart_order(std::move(names), *states);
}

int act(const Program& program, const ServiceAction& action, const std::string& service) {
  if (const auto known = check_service(service); !known) return report(program, known.error());
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto replicas = in_turn(*lab, action, service);
  if (!replicas) return report(program, replicas.error());
  int status = exit_status::kDone;
  for (const std::string& replica : *replicas) {
    const auto done = lab->act(std::string(action.name), replica);
    if (done) {
      fmt::print(stderr, "{}\n", fmt::format(fmt::runtime(action.done), replica, replica));
      continue;
    }
    status = report(program, done.error());
    // The others still serve: a restart that went wrong once must not go on to them.
    if (action.name == kRestart) break;
  }
  return status;
}

}  // namespace

void add_service(CLI::App& app, Program& program) {
  for (const ServiceAction& action : kActions) {
    auto service = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand(std::string(action.name), action.description);
    set_help(*command, fmt::format("msdemo {} order", action.name));
    command->add_option("SERVICE", *service, "user, order, broker or notify; or a replica: order-2")
        ->required();
    command->footer(action.name == kRestart ? kRolling : kAll);
    command->callback([&program, &action, service] {
      program.run = [&program, &action, service] { return act(program, action, *service); };
    });
  }
}

}  // namespace msdemo::commands
