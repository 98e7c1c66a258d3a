// `policy`: how a service protects itself and those it calls, read and changed while it runs.
#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/policy_view.hpp"
#include "commands/service_argument.hpp"
#include "commands/service_policy.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

struct PolicyOptions {
  std::string service;
  std::vector<std::string> changes;  ///< a preset, KEY=VALUE…
};

/// Of one process of the service.
Result<void> set_one(const Program& program, const lab::Lab& lab, const lab::Replica& replica,
                     const std::vector<std::string>& changes) {
  ServicePolicy policy(lab, replica);
  const auto before = policy.get();
  if (!before) return fail(before.error());
  const auto wanted = parse_policy(changes, replica.name, before->settings);
  if (!wanted) return fail(wanted.error());
  const auto after = policy.set(*wanted);
  if (!after) return fail(after.error());
  const auto lines = policy_changes(replica.name, *before, *after);
  for (const std::string& line : lines) fmt::print(stderr, "{}\n", escape_control(line));
  if (lines.empty()) fmt::print(stderr, "{}: nothing changed\n", replica.name);
  for (const std::string& warning : after->warnings) print_note(program, warning);
  return {};
}

int set(const Program& program, const PolicyOptions& options) {
  if (auto known = check_service(options.service); !known) return report(program, known.error());
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto replicas = lab->replicas(options.service);
  if (!replicas) return report(program, replicas.error());
  for (const lab::Replica& replica : *replicas) {
    const auto done = set_one(program, *lab, replica, options.changes);
    if (!done) return report(program, done.error());
  }
  return exit_status::kDone;
}

int get(const Program& program, const PolicyOptions& options) {
  const bool all = options.service.empty();
  if (!all) {
    if (auto known = check_service(options.service); !known) return report(program, known.error());
  }
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto replicas =
      all ? Result<std::vector<lab::Replica>>(lab->replicas()) : lab->replicas(options.service);
  if (!replicas) return report(program, replicas.error());
  Json documents = Json::array();
  std::string text;
  for (const lab::Replica& replica : *replicas) {
    const auto policy = ServicePolicy(*lab, replica).get();
    if (!policy && !all) return report(program, policy.error());
    if (!policy) {
      print_note(program, fmt::format("{}: {}", replica.name, policy.error().message));
      continue;
    }
    documents.push_back(policy_document(replica.name, *policy));
    if (!text.empty()) text += '\n';
    text += format_policy(replica.name, *policy, columns(stdout), use_color(program, stdout));
    for (const std::string& warning : policy->warnings) {
      print_note(program, fmt::format("{}: {}", replica.name, warning));
    }
  }
  if (program.json) {
    print_json(documents);
  } else {
    fmt::print("{}", text);
  }
  return exit_status::kDone;
}

}  // namespace

void add_policy(CLI::App& app, Program& program) {
  auto options = std::make_shared<PolicyOptions>();
  CLI::App* policy = app.add_subcommand("policy", "Choose how services protect themselves");
  set_help(*policy,
           "msdemo policy get order\n"
           "msdemo policy set order naive\n"
           "msdemo policy set order deadline=200ms retries=2");
  policy->footer(
      "`standard` is what a lab begins with; `naive` is the tutorial's code: it waits as long as "
      "it "
      "takes, never\ntries again, and lets everyone in. A policy lives in the service's process: a "
      "restart brings standard back.");
  policy->require_subcommand(0, 1);

  CLI::App* set_command = policy->add_subcommand("set", "Change a service's policy while it runs");
  set_help(*set_command,
           "msdemo policy set order naive\n"
           "msdemo policy set order deadline=200ms retries=2\n"
           "msdemo policy set order standard fallback=on\n"
           "msdemo policy set user threads=4");
  set_command->footer(
      "All changes are made, or none. `msdemo policy get SERVICE` shows the keys and what they "
      "mean.");
  set_command
      ->add_option("SERVICE", options->service,
                   "user, order, broker or notify: all its replicas; or one: order-2")
      ->required();
  set_command
      ->add_option("CHANGE", options->changes,
                   "naive or standard, taken first; and KEY=VALUE as often as you like")
      ->required();
  set_command->callback([&program, options] {
    program.run = [&program, options] { return set(program, *options); };
  });

  CLI::App* get_command =
      policy->add_subcommand("get", "Every policy, beside both presets, and how calls have gone");
  set_help(*get_command, "msdemo policy get\nmsdemo policy get order");
  get_command->add_option("SERVICE", options->service, "Only this service's; else all services'");
  add_json_flag(*get_command, program);
  get_command->callback([&program, options] {
    program.run = [&program, options] { return get(program, *options); };
  });
}

}  // namespace msdemo::commands
