// `serve`: one service in the foreground, which is what the lab starts and what a container runs.
#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "commands/commands.hpp"
#include "commands/serve_environment.hpp"
#include "lab/process.hpp"
#include "lab/service_names.hpp"
#include "run.hpp"

namespace msdemo::commands {

namespace {

constexpr std::chrono::seconds kUsualWait{30};

void add_wait_option(CLI::App& command, ServeSettings& settings) {
  const auto read = [](const std::string& text) {
    return parse_duration(text, limits::kEngineWait);
  };
  settings.wait_for = kUsualWait;
  command
      .add_option_function<std::string>(
          "--wait-for",
          [&settings, read](const std::string& text) {
            settings.wait_for = std::chrono::ceil<std::chrono::milliseconds>(read(text).value());
          },
          "How long to wait at the start for a database or broker that does not answer")
      ->check(CLI::Validator(
          [read](const std::string& text) {
            return read(text) ? "" : text + " is no time of at most an hour, such as 30s";
          },
          "TIME"))
      ->default_str(duration_text(kUsualWait));
}

/// What a lab starts is told everything by the lab, secrets by the two variables below; what else
/// stands in the environment of whoever called `up` is about something else. And the lab wants to
/// hear at once what is missing.
Environment environment_for(const CLI::App& command, ServeSettings& settings) {
  Environment all = msdemo_environment();
  if (!settings.lifeline_fd) return all;
  if (command.count("--wait-for") == 0) settings.wait_for = std::chrono::milliseconds(0);
  std::erase_if(all, [](const auto& variable) {
    return variable.first != "MSDEMO_DB_URL" && variable.first != "MSDEMO_BROKER_URL";
  });
  return all;
}

int run_service(const Program& program, CLI::App& command, ServeSettings& settings,
                bool print_config) {
  const Environment environment = environment_for(command, settings);
  const auto listed = apply_environment(command, environment);
  if (!listed) return report(program, listed.error());
  for (const std::string& note : unknown_variables(command, environment)) {
    print_note(program, note);
  }
  if (print_config) {
    if (program.json) {
      print_json(to_json(*listed));
    } else {
      fmt::print("{}", format_settings(*listed));
    }
    return exit_status::kDone;
  }
  if (settings.lifeline_fd) lab::die_with_supervisor();
  const auto served = serve(settings);
  return served ? exit_status::kDone : report(program, served.error());
}

void add_engine_options(CLI::App& command, ServeSettings& settings) {
  command.add_option("--db", settings.database_url,
                     "postgresql://…; else an SQLite file in --data-dir");
  command
      .add_option("--user-url", settings.user_urls,
                  "The user service, for `order`; once for each replica")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--broker-url", settings.broker_url,
                     "http://…, amqp://… or kafka://…, for all but `broker`");
  add_wait_option(command, settings);
  command.add_option("--consumers", settings.consumers, "Consumers of messages that compete")
      ->check(CLI::Range(1, limits::kConsumers))
      ->capture_default_str();
  add_durability_option(command, settings.durability);
}

}  // namespace

void add_serve(CLI::App& app, Program& program) {
  auto settings = std::make_shared<ServeSettings>();
  auto print_config = std::make_shared<bool>(false);
  CLI::App* serve_command =
      app.add_subcommand("serve", "Run one service in the foreground, as `up` does for all");
  set_help(*serve_command,
           "msdemo serve broker --port 8002 --data-dir /tmp/broker\n"
           "msdemo serve user --port 8000 --data-dir /tmp/user --broker-url http://127.0.0.1:8002\n"
           "MSDEMO_PORT=8000 MSDEMO_DB_URL_FILE=/run/secrets/db msdemo serve user --print-config");
  serve_command->add_option("SERVICE", settings->service, "user, order, broker or notify")
      ->required()
      ->check(CLI::IsMember(lab::service_names()));
  serve_command->add_option("--data-dir", settings->data_dir, "Where its database is");
  serve_command->add_option("--port", settings->port, "0: any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  serve_command->add_option("--admin-port", settings->admin_port, "For health, metrics and faults")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  add_engine_options(*serve_command, *settings);
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
  serve_command->add_flag("--print-config", *print_config,
                          "Show every setting, its variable and where its value came from");
  add_json_flag(*serve_command, program);
  serve_command->callback([&program, settings, print_config, serve_command] {
    program.run = [&program, settings, print_config, serve_command] {
      return run_service(program, *serve_command, *settings, *print_config);
    };
  });
}

}  // namespace msdemo::commands
