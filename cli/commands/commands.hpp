// Every command of the program: each adds itself to the parser and, if named, sets program.run.
#pragma once

#include <CLI/CLI.hpp>

#include "commands/program.hpp"

namespace msdemo::commands {

void add_up(CLI::App& app, Program& program);
void add_down(CLI::App& app, Program& program);
void add_ps(CLI::App& app, Program& program);
void add_logs(CLI::App& app, Program& program);
void add_service(CLI::App& app, Program& program);  ///< restart, kill, stop, start, pause, resume
void add_user(CLI::App& app, Program& program);
void add_order(CLI::App& app, Program& program);
void add_compare(CLI::App& app, Program& program);
void add_bench(CLI::App& app, Program& program);
void add_queue(CLI::App& app, Program& program);
void add_fault(CLI::App& app, Program& program);
void add_policy(CLI::App& app, Program& program);
void add_watch(CLI::App& app, Program& program);
void add_scenario(CLI::App& app, Program& program);
void add_trace(CLI::App& app, Program& program);
void add_why(CLI::App& app, Program& program);
void add_migrate(CLI::App& app, Program& program);
void add_serve(CLI::App& app, Program& program);
void add_health(CLI::App& app, Program& program);
void add_completion(CLI::App& app, Program& program);

}  // namespace msdemo::commands
