// Shows how the services are and why they last ended, as a table or as the JSON others rely on.
#include <fmt/format.h>

#include "base/text.hpp"
#include "base/url.hpp"
#include "commands/commands.hpp"
#include "commands/table.hpp"
#include "lab/client.hpp"
#include "lab/service_names.hpp"
#include "messaging/connect.hpp"

namespace msdemo::commands {

namespace {

using lab::ServiceState;
using lab::ServiceStatus;

Style style_of(ServiceState state) {
  switch (state) {
    case ServiceState::ready:
      return Style::good;
    case ServiceState::failed:
      return Style::bad;
    case ServiceState::stopped:
      return Style::faint;
    default:
      return Style::warn;
  }
}

/// Whose the broker is, in a sentence.
std::string about_broker(const lab::Lab& lab) {
  const auto url = lab.broker_url();
  if (url && messaging::is_external(*url)) {
    return fmt::format("The broker is external: {}.", escape_control(without_password(*url)));
  }
  return "The broker is embedded: for this one machine only, its messages are kept in SQLite.";
}

std::string format(const std::vector<ServiceStatus>& services, bool color) {
  std::vector<std::vector<std::string>> cells = {
      {"SERVICE", "STATE", "PID", "URL", "RESTARTS", "LAST EXIT"}};
  for (const ServiceStatus& service : services) {
    cells.push_back({name_among(services, service), std::string(to_string(service.state)),
                     service.pid ? std::to_string(*service.pid) : "-", service.url.value_or("-"),
                     std::to_string(service.restarts), service.last_exit.value_or("-")});
  }
  std::string table = format_table(cells);
  // Painted afterwards: colours have no width, and the columns are already aligned.
  std::size_t line = table.find('\n') + 1;
  for (const ServiceStatus& service : services) {
    const std::string_view state = to_string(service.state);
    const std::size_t at = table.find(state, line + service.service.size());
    table.replace(at, state.size(), paint(color, style_of(service.state), state));
    line = table.find('\n', at) + 1;
  }
  return table;
}

int ps(const Program& program) {
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto services = lab->services();
  if (!services) return report(program, services.error());
  if (program.json) {
    Json lines = Json::array();
    for (const ServiceStatus& service : *services) lines.push_back(to_json(service));
    print_json(lines);
  } else {
    const bool color = use_color(program, stdout);
    fmt::print("{}\n{}\n", format(*services, color),
               paint(color, Style::faint, about_broker(*lab)));
  }
  return exit_status::kDone;
}

}  // namespace

void add_ps(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand("ps", "The services, how they are, and why they ended");
  set_help(*command, "msdemo ps\nmsdemo ps --json");
  add_json_flag(*command, program);
  command->callback([&program] { program.run = [&program] { return ps(program); }; });
}

}  // namespace msdemo::commands
