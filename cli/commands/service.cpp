// The commands that act on one service: restart, kill, stop, start, pause and resume.
#include <fmt/format.h>

#include <array>

#include "commands/commands.hpp"
#include "commands/service_argument.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

struct ServiceAction {
  const char* name;
  const char* description;
  const char* done;  ///< what is said afterwards, `{}` being the service
};

constexpr std::array<ServiceAction, 6> kActions = {{
    {"restart", "Stop a service gracefully and start it again at the same URL",
     "{} was restarted and is ready"},
    {"kill", "Kill a service as a crash would; the lab starts it again",
     "{} was killed; the lab starts it again"},
    {"stop", "Stop a service and keep it down", "{} is stopped until `msdemo start {}`"},
    {"start", "Start a service that is stopped or failed", "{} is ready"},
    {"pause", "Freeze a service: it keeps its connections and answers nothing",
     "{} is paused until `msdemo resume {}`"},
    {"resume", "Let a paused service go on", "{} goes on"},
}};

int act(const Program& program, const ServiceAction& action, const std::string& service) {
  if (const auto known = check_service(service); !known) return report(program, known.error());
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  if (const auto done = lab->act(action.name, service); !done) return report(program, done.error());
  fmt::print(stderr, "{}\n", fmt::format(fmt::runtime(action.done), service, service));
  return exit_status::kDone;
}

}  // namespace

void add_service(CLI::App& app, Program& program) {
  for (const ServiceAction& action : kActions) {
    auto service = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand(action.name, action.description);
    set_help(*command, fmt::format("msdemo {} order", action.name));
    command->add_option("SERVICE", *service, "user, order, broker or notify")->required();
    command->callback([&program, &action, service] {
      program.run = [&program, &action, service] { return act(program, action, *service); };
    });
  }
}

}  // namespace msdemo::commands
