// `serve`: one service in the foreground, which is what the lab starts and what a container runs.
#include "base/limits.hpp"
#include "commands/commands.hpp"
#include "lab/process.hpp"
#include "lab/service_names.hpp"
#include "run.hpp"

namespace msdemo::commands {

void add_serve(CLI::App& app, Program& program) {
  auto settings = std::make_shared<ServeSettings>();
  CLI::App* serve_command =
      app.add_subcommand("serve", "Run one service in the foreground, as `up` does for all");
  set_help(*serve_command,
           "msdemo serve broker --port 8002 --data-dir /tmp/broker\n"
           "msdemo serve user --port 8000 --data-dir /tmp/user --broker-url http://127.0.0.1:8002");
  serve_command->add_option("SERVICE", settings->service, "user, order, broker or notify")
      ->required()
      ->check(CLI::IsMember(lab::service_names()));
  serve_command->add_option("--data-dir", settings->data_dir, "Where its database is")->required();
  serve_command->add_option("--port", settings->port, "0: any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  serve_command->add_option("--admin-port", settings->admin_port, "For health, metrics and faults")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  serve_command
      ->add_option("--db", settings->database_url,
                   "postgresql://…; else an SQLite file in --data-dir")
      ->envname("MSDEMO_DB_URL");
  serve_command
      ->add_option("--user-url", settings->user_urls,
                   "The user service, for `order`; once for each replica")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  serve_command
      ->add_option("--broker-url", settings->broker_url,
                   "http://…, amqp://… or kafka://…, for all but `broker`")
      ->envname("MSDEMO_BROKER_URL");
  serve_command
      ->add_option("--consumers", settings->consumers, "Consumers of messages that compete")
      ->check(CLI::Range(1, limits::kConsumers))
      ->capture_default_str();
  add_durability_option(*serve_command, settings->durability);
  serve_command->add_option("--listen", settings->listen, "Address to listen on")
      ->capture_default_str();
  serve_command->add_option("--allow-host", settings->allowed_hosts,
                            "A further name this service may be called by");
  serve_command->add_option("--otlp", settings->otlp_url,
                            "Where spans go; else OTEL_EXPORTER_OTLP_ENDPOINT");
  serve_command->add_option("--token-file", settings->token_file,
                            "Holds the secret that whoever changes its faults must send");
  serve_command->add_option("--log-file", settings->log_file, "Else the log goes to stderr");
  serve_command->add_option("--ready-fd", settings->ready_fd,
                            "Told in one line when the service answers");
  serve_command->add_option("--lifeline-fd", settings->lifeline_fd,
                            "The service ends when this descriptor does");
  serve_command->callback([&program, settings] {
    program.run = [&program, settings] {
      if (settings->lifeline_fd) lab::die_with_supervisor();
      const auto served = serve(*settings);
      return served ? exit_status::kDone : report(program, served.error());
    };
  });
}

}  // namespace msdemo::commands
