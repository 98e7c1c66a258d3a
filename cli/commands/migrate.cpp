// `migrate`: brings the databases of services up to date before they start, for whoever does not
// want the first new service to do it.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "commands/table.hpp"
#include "run.hpp"

namespace msdemo::commands {

namespace {

constexpr const char* kAll = "all";
const std::vector<std::string> kServices = {"user", "order", "notify"};

struct Migrated {
  std::string service;
  storage::SchemaChange change;
};

std::string words_for(const storage::SchemaChange& change) {
  if (change.before == change.after) return fmt::format("version {}, as before", change.after);
  if (change.before == 0) return fmt::format("made, version {}", change.after);
  return fmt::format("from version {} to {}", change.before, change.after);
}

void show(const Program& program, const std::vector<Migrated>& all) {
  if (program.json) {
    Json lines = Json::array();
    for (const auto& [service, change] : all) {
      lines.push_back({{"service", service}, {"from", change.before}, {"to", change.after}});
    }
    print_json(lines);
    return;
  }
  std::vector<std::vector<std::string>> cells = {{"SERVICE", "SCHEMA"}};
  for (const auto& [service, change] : all) cells.push_back({service, words_for(change)});
  fmt::print("{}", format_table(cells));
}

int run_migrate(const Program& program, const MigrateSettings& settings) {
  if (settings.database_url.empty() == settings.data_dir.empty()) {
    return report(program, {Code::usage, "which database?",
                            "either --db postgresql://…, or --data-dir for SQLite files"});
  }
  std::vector<Migrated> all;
  for (const std::string& service : kServices) {
    if (settings.service != kAll && settings.service != service) continue;
    MigrateSettings one = settings;
    one.service = service;
    const auto change = migrate(one);
    if (!change) {
      if (!program.json) show(program, all);
      return report(program, change.error());
    }
    all.push_back({service, *change});
  }
  show(program, all);
  return exit_status::kDone;
}

}  // namespace

void add_migrate(CLI::App& app, Program& program) {
  auto settings = std::make_shared<MigrateSettings>();
  CLI::App* command = app.add_subcommand("migrate", "Bring the databases of services up to date");
  set_help(*command,
           "msdemo migrate all --db postgresql://shop:secret@127.0.0.1/shop\n"
           "msdemo migrate order --data-dir /var/lib/msdemo");
  auto names = kServices;
  names.emplace_back(kAll);
  command->add_option("SERVICE", settings->service, "user, order, notify or all")
      ->required()
      ->check(CLI::IsMember(names));
  command->add_option("--db", settings->database_url,
                      "postgresql://…; each service has a schema of its name there");
  command->add_option("--data-dir", settings->data_dir, "The folder of SQLite files");
  add_json_flag(*command, program);
  command->callback([&program, settings] {
    program.run = [&program, settings] { return run_migrate(program, *settings); };
  });
}

}  // namespace msdemo::commands
