// `health`: asks a service whether it is ready, for whoever has no other program to ask with, as
// the health check of a container.
#include <fmt/format.h>

#include <cstdlib>

#include "base/limits.hpp"
#include "commands/commands.hpp"
#include "contracts/problem.hpp"
#include "http/client.hpp"

namespace msdemo::commands {

namespace {

int ask_health(const Program& program, const std::string& given) {
  std::string url = given;
  if (url.empty()) {
    const char* const port = std::getenv("MSDEMO_ADMIN_PORT");
    if (port == nullptr || *port == '\0') {
      return report(program,
                    {.code = Code::usage,
                     .message = "which service? There is no MSDEMO_ADMIN_PORT",
                     .hint = "name its admin listener: msdemo health http://127.0.0.1:9000"});
    }
    url = fmt::format("http://127.0.0.1:{}", port);
  }
  http::Client service(url, "service");
  const auto answer = service.send({.target = "/readyz"}, limits::kControlCall);
  if (!answer) return report(program, answer.error());
  if (answer->status != 200) {
    return report(program, contracts::from_problem(answer->status, answer->body));
  }
  if (program.json) {
    print_json({{"status", "ready"}, {"url", url}});
  } else {
    fmt::print("ready\n");
  }
  return exit_status::kDone;
}

}  // namespace

void add_health(CLI::App& app, Program& program) {
  auto url = std::make_shared<std::string>();
  CLI::App* health = app.add_subcommand("health", "Ask a service whether it is ready");
  set_help(*health,
           "msdemo health http://127.0.0.1:9000\n"
           "MSDEMO_ADMIN_PORT=9000 msdemo health");
  health->add_option("URL", *url,
                     "Its admin listener; else that of this machine's "
                     "MSDEMO_ADMIN_PORT");
  add_json_flag(*health, program);
  health->callback(
      [&program, url] { program.run = [&program, url] { return ask_health(program, *url); }; });
}

}  // namespace msdemo::commands
