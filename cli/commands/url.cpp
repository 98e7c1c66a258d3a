// `url`: where a service is, and nothing else, so that it fits into a command line:
// `curl $(msdemo url user)/users/1`.
#include <fmt/format.h>

#include "commands/service_argument.hpp"
#include "commands/tutorial.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

namespace {

struct UrlOptions {
  std::string service;
  bool admin = false;
};

int url(const Program& program, const UrlOptions& options) {
  if (auto known = check_service(options.service); !known) return report(program, known.error());
  auto lab = lab::Lab::find(program.lab);
  if (!lab) return report(program, lab.error());
  const auto replicas = lab->replicas(options.service);
  if (!replicas) return report(program, replicas.error());
  const lab::Replica& first = replicas->front();
  if (const auto there = lab::check_admin(first); options.admin && !there) {
    return report(program, there.error());
  }
  fmt::print("{}\n", options.admin ? first.admin_url : first.url);
  return exit_status::kDone;
}

}  // namespace

void add_url(CLI::App& app, Program& program) {
  auto options = std::make_shared<UrlOptions>();
  CLI::App* command = app.add_subcommand("url", "Where a service is, for use in a command line");
  set_help(*command,
           "curl $(msdemo url user)/users/1\n"
           "curl -s $(msdemo url order --admin)/metrics");
  command->add_option("SERVICE", options->service, "user, order, broker or notify")->required();
  command->add_flag("--admin", options->admin, "Its health, metrics, faults and policy");
  command->callback([&program, options] {
    program.run = [&program, options] { return url(program, *options); };
  });
}

}  // namespace msdemo::commands
