// `policy`: how a service protects itself and those it calls, read and changed while it runs.
#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/policy_view.hpp"
#include "commands/service_argument.hpp"
#include "commands/service_policy.hpp"
#include "lab/client.hpp"
#include "lab/service_names.hpp"

namespace msdemo::commands {

namespace {

struct PolicyOptions {
  std::string service;
  std::vector<std::string> changes;  ///< a preset, KEY=VALUE…
};

int set(const Program& program, const PolicyOptions& options) {
  const std::string& service = options.service;
  if (auto known = check_service(service); !known) return report(program, known.error());
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto policy = ServicePolicy::of(*lab, service);
  if (!policy) return report(program, policy.error());
  const auto before = (*policy)->get();
  if (!before) return report(program, before.error());
  const auto changes = parse_policy(options.changes, service, before->settings);
  if (!changes) return report(program, changes.error());
  const auto after = (*policy)->set(*changes);
  if (!after) return report(program, after.error());
  const auto lines = policy_changes(service, *before, *after);
  for (const std::string& line : lines) fmt::print(stderr, "{}\n", escape_control(line));
  if (lines.empty()) fmt::print(stderr, "{}: nothing changed\n", service);
  for (const std::string& warning : after->warnings) print_note(program, warning);
  return exit_status::kDone;
}

int get(const Program& program, const PolicyOptions& options) {
  const bool all = options.service.empty();
  if (!all) {
    if (auto known = check_service(options.service); !known) return report(program, known.error());
  }
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  Json documents = Json::array();
  std::string text;
  for (const std::string& service : all ? lab::service_names() : std::vector{options.service}) {
    const auto admin = ServicePolicy::of(*lab, service);
    if (!admin) return report(program, admin.error());
    const auto policy = (*admin)->get();
    if (!policy && !all) return report(program, policy.error());
    if (!policy) {
      print_note(program, fmt::format("{}: {}", service, policy.error().message));
      continue;
    }
    documents.push_back(policy_document(service, *policy));
    if (!text.empty()) text += '\n';
    text += format_policy(service, *policy, columns(stdout), use_color(program, stdout));
    for (const std::string& warning : policy->warnings) {
      print_note(program, fmt::format("{}: {}", service, warning));
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
  set_command->add_option("SERVICE", options->service, "user, order, broker or notify")->required();
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
