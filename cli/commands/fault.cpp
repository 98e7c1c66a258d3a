// `fault`: makes things go wrong on purpose in a running service, and puts them right again.
#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/service_argument.hpp"
#include "commands/service_faults.hpp"
#include "commands/table.hpp"
#include "lab/client.hpp"
#include "lab/service_names.hpp"

namespace msdemo::commands {

namespace {

struct FaultOptions {
  std::string service;
  std::string fault;  ///< KIND=VALUE
};

struct FaultOfService {
  std::string service;
  faults::Fault fault;
};

Result<std::unique_ptr<ServiceFaults>> open_faults(const Program& program,
                                                   const std::string& service) {
  if (auto known = check_service(service); !known) return fail(std::move(known.error()));
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return fail(lab.error());
  return ServiceFaults::of(*lab, service);
}

/// A service whose faults nobody can tell: most likely it is down, and then it has none.
void tell_silent(const Program& program, const std::string& service, const Error& error) {
  fmt::print(stderr, "{} {}\n",
             paint(use_color(program, stderr), Style::warn, fmt::format("{}:", service)),
             escape_control(error.message));
}

int add(const Program& program, const FaultOptions& options) {
  const auto equals = options.fault.find('=');
  if (equals == std::string::npos) {
    return report(program,
                  {Code::usage, fmt::format("'{}' is not KIND=VALUE", options.fault),
                   fmt::format("for example: msdemo fault add {} latency=100ms", options.service)});
  }
  auto faults = open_faults(program, options.service);
  if (!faults) return report(program, faults.error());
  const auto added =
      (*faults)->add(options.fault.substr(0, equals), options.fault.substr(equals + 1));
  if (!added) return report(program, added.error());
  fmt::print(stderr, "{} has {}={} until it ends, or until `{}`\n", options.service,
             escape_control(added->kind), escape_control(added->value),
             command_line(program.lab, "fault clear " + options.service));
  return exit_status::kDone;
}

int list(const Program& program) {
  std::vector<FaultOfService> all;
  for (const std::string& service : lab::service_names()) {
    auto faults = open_faults(program, service);
    if (!faults) return report(program, faults.error());
    const auto found = (*faults)->list();
    if (!found) {
      tell_silent(program, service, found.error());
      continue;
    }
    for (const faults::Fault& fault : *found) all.push_back({service, fault});
  }
  if (program.json) {
    Json documents = Json::array();
    for (const auto& [service, fault] : all) {
      documents.push_back({{"id", fault.id},
                           {"service", service},
                           {"kind", fault.kind},
                           {"value", fault.value},
                           {"hits", fault.hits}});
    }
    print_json(documents);
    return exit_status::kDone;
  }
  if (all.empty()) {
    fmt::print(stderr, "No faults: {}\n",
               command_line(program.lab, "fault add user latency=100ms"));
    return exit_status::kDone;
  }
  std::vector<std::vector<std::string>> cells = {{"ID", "SERVICE", "KIND", "VALUE", "HITS"}};
  for (const auto& [service, fault] : all) {
    cells.push_back(
        {std::to_string(fault.id), service, fault.kind, fault.value, std::to_string(fault.hits)});
  }
  fmt::print("{}", format_table(cells, "><<>>"));
  return exit_status::kDone;
}

int clear(const Program& program, const FaultOptions& options) {
  const bool all = options.service.empty();
  const auto services = all ? lab::service_names() : std::vector{options.service};
  std::int64_t cleared = 0;
  for (const std::string& service : services) {
    auto faults = open_faults(program, service);
    if (!faults) return report(program, faults.error());
    const auto done = (*faults)->clear();
    if (done) {
      cleared += *done;
    } else if (all && done.error().code == Code::unreachable) {
      tell_silent(program, service, done.error());
    } else {
      return report(program, done.error());
    }
  }
  fmt::print(stderr, "{} cleared\n", cleared);
  return exit_status::kDone;
}

}  // namespace

void add_fault(CLI::App& app, Program& program) {
  auto options = std::make_shared<FaultOptions>();
  CLI::App* fault = app.add_subcommand("fault", "Make a service go wrong on purpose");
  set_help(*fault, "msdemo fault add user latency=100ms\nmsdemo fault clear");
  fault->footer("Faults live in the service's process and end with it: a restart clears them.");
  fault->require_subcommand(0, 1);

  CLI::App* add_command = fault->add_subcommand("add", "Add a fault to a service, or change it");
  set_help(*add_command, "msdemo fault add user latency=100ms");
  add_command->footer("It lives in the service's process and ends with it: a restart clears it.");
  add_command->add_option("SERVICE", options->service, "user, order, broker or notify")->required();
  add_command
      ->add_option("FAULT", options->fault,
                   "KIND=VALUE; latency=100ms lets each request or message wait first")
      ->required();
  add_command->callback([&program, options] {
    program.run = [&program, options] { return add(program, *options); };
  });

  CLI::App* list_command = fault->add_subcommand("list", "The faults of all services");
  set_help(*list_command, "msdemo fault list");
  add_json_flag(*list_command, program);
  list_command->callback([&program] { program.run = [&program] { return list(program); }; });

  CLI::App* clear_command = fault->add_subcommand("clear", "Remove faults");
  set_help(*clear_command, "msdemo fault clear\nmsdemo fault clear user");
  clear_command->add_option("SERVICE", options->service, "Only this service's; else all services'");
  clear_command->callback([&program, options] {
    program.run = [&program, options] { return clear(program, *options); };
  });
}

}  // namespace msdemo::commands
