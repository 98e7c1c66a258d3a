// Stops the lab from any terminal; a supervisor that does not answer cannot prevent it.
#include <fmt/format.h>

#include "commands/commands.hpp"
#include "commands/start_report.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

int down(const Program& program) {
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto stopped = lab->down();
  if (!stopped) return report(program, stopped.error());
  const int status = stopped->stuck.empty() ? exit_status::kDone : exit_status::kRefused;
  if (program.json) {
    print_json(to_json(*stopped));
    return status;
  }
  fmt::print(stderr, "{}lab {} has stopped; its data is kept\n",
             format_stop_report(*stopped, use_color(program, stderr)), program.lab);
  return status;
}

}  // namespace

void add_down(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand("down", "Stop the lab; its data is kept");
  set_help(*command, "msdemo down");
  add_json_flag(*command, program);
  command->callback([&program] { program.run = [&program] { return down(program); }; });
}

}  // namespace msdemo::commands
