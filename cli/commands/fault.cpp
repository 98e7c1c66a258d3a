// `fault`: makes things go wrong on purpose in a running service, and puts them right again.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <optional>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/fault_words.hpp"
#include "commands/service_argument.hpp"
#include "commands/service_faults.hpp"
#include "commands/table.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

struct FaultOptions {
  std::string service;
  std::vector<std::string> faults;  ///< KIND=VALUE
  std::string route;
  std::optional<double> percent;
  std::vector<std::int64_t> nth;
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> after;
  std::string lasts;
  std::optional<std::int64_t> seed;
};

struct FaultOfService {
  std::string service;
  faults::Fault fault;
};

/// The parameters that all faults of one command have.
Json parameters(const FaultOptions& options) {
  Json json = Json::object();
  if (!options.route.empty()) json["route"] = options.route;
  if (options.percent) json["percent"] = *options.percent;
  if (!options.nth.empty()) json["nth"] = options.nth;
  if (options.first) json["first"] = *options.first;
  if (options.after) json["after"] = *options.after;
  if (!options.lasts.empty()) json["for"] = options.lasts;
  if (options.seed) json["seed"] = *options.seed;
  return json;
}

/// What the command is about: the lab, and the processes that a name means; all of them for none.
struct Place {
  lab::Lab lab;
  std::vector<lab::Replica> replicas;
};

Result<Place> find_place(const Program& program, const std::string& name) {
  if (!name.empty()) {
    if (auto known = check_service(name); !known) return fail(std::move(known.error()));
  }
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return fail(lab.error());
  auto replicas =
      name.empty() ? Result<std::vector<lab::Replica>>(lab->replicas()) : lab->replicas(name);
  if (!replicas) return fail(std::move(replicas.error()));
  return Place{std::move(*lab), std::move(*replicas)};
}

/// A service whose faults nobody can tell: most likely it is down, and then it has none.
void tell_silent(const Program& program, const std::string& service, const Error& error) {
  fmt::print(stderr, "{} {}\n",
             paint(use_color(program, stderr), Style::warn, fmt::format("{}:", service)),
             escape_control(error.message));
}

/// One replica's faults as they were, and what the command has added to them so far.
struct Addition {
  std::string replica;
  std::unique_ptr<ServiceFaults> faults;
  std::vector<faults::Fault> before;
  std::vector<faults::Fault> added{};
};

void undo(const Program& program, const Addition& addition) {
  for (const faults::Fault& fault : addition.added) {
    if (const auto undone = addition.faults->undo(fault, addition.before); !undone) {
      print_note(program, fmt::format("{}={} may still be there: {}", fault.spec.kind,
                                      fault.spec.value, undone.error().message));
    }
  }
}

Result<void> add_to(Addition& addition, const std::vector<faults::Spec>& specs) {
  for (const faults::Spec& spec : specs) {
    auto one = addition.faults->add(spec);
    if (!one) return fail(std::move(one.error()));
    addition.added.push_back(std::move(*one));
  }
  return {};
}

/// All of `specs` to all replicas, or none to any.
Result<std::vector<Addition>> add_all(const Program& program, const Place& place,
                                      const std::vector<faults::Spec>& specs) {
  std::vector<Addition> additions;
  for (const lab::Replica& replica : place.replicas) {
    auto faults = std::make_unique<ServiceFaults>(place.lab, replica);
    auto before = faults->list();
    if (!before) return fail(std::move(before.error()));
    additions.push_back({replica.name, std::move(faults), std::move(*before)});
  }
  for (Addition& addition : additions) {
    auto done = add_to(addition, specs);
    if (done) continue;
    for (const Addition& made : additions) undo(program, made);
    return fail(std::move(done.error()));
  }
  return additions;
}

int add(const Program& program, const FaultOptions& options) {
  if (auto known = check_service(options.service); !known) return report(program, known.error());
  const auto specs = parse_faults(options.faults, parameters(options));
  if (!specs) return report(program, specs.error());
  const auto place = find_place(program, options.service);
  if (!place) return report(program, place.error());
  const auto additions = add_all(program, *place, *specs);
  if (!additions) return report(program, additions.error());
  for (const Addition& addition : *additions) {
    for (const faults::Fault& fault : addition.added) {
      const faults::Spec& spec = fault.spec;
      fmt::print(stderr, "{} has {}{}{}{} until it ends, or until `{}`\n", addition.replica,
                 escape_control(in_words(spec)),
                 spec.seed ? fmt::format(", seed {}", *spec.seed) : "",
                 spec.route.empty() ? "" : fmt::format(" at {}", escape_control(spec.route)),
                 spec.lasts ? fmt::format(" for {},", format_duration(*spec.lasts)) : "",
                 command_line(program.lab, "fault clear " + options.service));
    }
  }
  return exit_status::kDone;
}

Json describe(const FaultOfService& fault) {
  Json document = {{"id", fault.fault.id}, {"service", fault.service}};
  document.update(to_json(fault.fault));
  return document;
}

std::string route_words(const faults::Spec& spec) {
  if (!spec.route.empty()) return spec.route;
  const faults::Kind* kind = faults::find_kind(spec.kind);
  const bool routed =
      kind->can_meet(faults::Thing::request) || kind->can_meet(faults::Thing::message);
  return routed ? "all" : "";
}

int print(const Program& program, const std::vector<FaultOfService>& all) {
  if (program.json) {
    Json documents = Json::array();
    for (const FaultOfService& fault : all) documents.push_back(describe(fault));
    print_json(documents);
    return exit_status::kDone;
  }
  if (all.empty()) {
    fmt::print(stderr, "No faults: {}\n",
               command_line(program.lab, "fault add user latency=100ms"));
    return exit_status::kDone;
  }
  std::vector<std::vector<std::string>> cells = {
      {"ID", "SERVICE", "FAULT", "ROUTE", "WHEN", "HITS"}};
  for (const auto& [service, fault] : all) {
    faults::Spec what = fault.spec;
    what.trigger = {};  // has a column of its own
    cells.push_back({std::to_string(fault.id), service, in_words(what), route_words(what),
                     when_words(fault), hits_words(fault)});
  }
  fmt::print("{}", format_table(cells, "><<<<<"));
  return exit_status::kDone;
}

int list(const Program& program) {
  const auto place = find_place(program, {});
  if (!place) return report(program, place.error());
  std::vector<FaultOfService> all;
  for (const lab::Replica& replica : place->replicas) {
    const auto found = ServiceFaults(place->lab, replica).list();
    if (!found) {
      tell_silent(program, replica.name, found.error());
      continue;
    }
    for (const faults::Fault& fault : *found) all.push_back({replica.name, fault});
  }
  return print(program, all);
}

int clear(const Program& program, const FaultOptions& options) {
  const auto place = find_place(program, options.service);
  if (!place) return report(program, place.error());
  const bool several = place->replicas.size() > 1;
  std::int64_t cleared = 0;
  for (const lab::Replica& replica : place->replicas) {
    const auto done = ServiceFaults(place->lab, replica).clear();
    if (done) {
      cleared += *done;
    } else if (several && (done.error().code == Code::unreachable || replica.foreign())) {
      tell_silent(program, replica.name, done.error());
    } else {
      return report(program, done.error());
    }
  }
  fmt::print(stderr, "{} cleared\n", cleared);
  return exit_status::kDone;
}

void add_trigger_options(CLI::App& command, FaultOptions& options) {
  command.add_option("--route", options.route,
                     "Only '/users/{id}', 'GET /users/{id}' or a topic; else all of the service's");
  command.add_option("--percent", options.percent, "Only so many of a hundred, by chance");
  command.add_option("--nth", options.nth, "Exactly these, counted from 1: 1,2")->delimiter(',');
  command.add_option("--first", options.first, "Only the first N");
  command.add_option("--after", options.after, "Not the first N; with --first, the N after these");
  command.add_option("--for", options.lasts, "For so long: 10s");
  command.add_option("--seed", options.seed, "Repeats the chance of --percent and jitter");
}

void add_add(CLI::App& fault, Program& program, const std::shared_ptr<FaultOptions>& options) {
  CLI::App* command = fault.add_subcommand("add", "Add faults to a service, or change them");
  set_help(*command,
           "msdemo fault add user latency=100ms jitter=20ms\n"
           "msdemo fault add user error=503 --first 2\n"
           "msdemo fault add user drop=after --nth 3 --route 'GET /users/{id}'\n"
           "msdemo fault add user error=500 --percent 20 --seed 7 --for 30s\n"
           "msdemo fault add notify latency=2s --route order.confirmed\n"
           "msdemo fault add order crash=before-publish");
  command->footer(fmt::format(
      "{}Crash points: {}.\n"
      "Latencies add up; of other faults the one added first wins. Adding a fault of the same\n"
      "kind and route again changes it and counts anew. Faults end with the service's process.",
      kinds_help(), fmt::join(faults::crash_points(), ", ")));
  command
      ->add_option("SERVICE", options->service,
                   "user, order, broker or notify: all its replicas; or one: order-2")
      ->required();
  command->add_option("FAULT", options->faults, "KIND=VALUE; several are several faults")
      ->required();
  add_trigger_options(*command, *options);
  command->callback([&program, options] {
    program.run = [&program, options] { return add(program, *options); };
  });
}

}  // namespace

void add_fault(CLI::App& app, Program& program) {
  auto options = std::make_shared<FaultOptions>();
  CLI::App* fault = app.add_subcommand("fault", "Make a service go wrong on purpose");
  set_help(*fault,
           "msdemo fault add user latency=100ms\n"
           "msdemo fault list\n"
           "msdemo fault clear");
  fault->footer("Faults live in the service's process and end with it: a restart clears them.");
  fault->require_subcommand(0, 1);
  add_add(*fault, program, options);

  CLI::App* list_command = fault->add_subcommand("list", "The faults of all services");
  set_help(*list_command, "msdemo fault list");
  list_command->footer(
      "HITS: how many it hit of what it met. A fault that hit nothing has shown nothing.");
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
