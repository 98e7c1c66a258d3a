#include "commands/command_argument.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/service_argument.hpp"

namespace msdemo::commands {

Result<std::map<std::string, lab::ForeignCommand>> parse_commands(
    std::span<const std::string> values, const std::filesystem::path& folder) {
  constexpr const char* kExample =
      "for example: msdemo up --cmd user='uvicorn user_service:app --port {port}'";
  std::map<std::string, lab::ForeignCommand> commands;
  for (const std::string& value : values) {
    const auto equals = value.find('=');
    if (equals == std::string::npos) {
      return fail(Code::usage,
                  fmt::format("--cmd {} is not SERVICE=COMMAND", escape_control(value)), kExample);
    }
    const std::string service = value.substr(0, equals);
    if (auto known = check_service(service); !known) return fail(std::move(known.error()));
    if (!lab::replaceable(service)) {
      return fail(Code::usage, fmt::format("--cmd cannot replace '{}'", service),
                  "it can replace user and order, which only have to answer calls");
    }
    auto command =
        lab::parse_foreign_command(service, std::string_view(value).substr(equals + 1), folder);
    if (!command) return fail(std::move(command.error()));
    if (!commands.emplace(service, std::move(*command)).second) {
      return fail(Code::usage, fmt::format("--cmd names the service '{}' twice", service));
    }
  }
  return commands;
}

Result<void> check_commands(const lab::LabOptions& options) {
  if (options.commands.empty()) return {};
  const bool external = !options.database_url.empty() || !options.broker_url.empty();
  if (external || !options.replicas.empty()) {
    return fail(Code::usage,
                "--cmd does not go with --db, --broker or --replicas: a foreign program is one "
                "process and uses none of the lab's engines",
                "tell its database to the program itself, in its command; is MSDEMO_DB_URL or "
                "MSDEMO_BROKER_URL set?");
  }
  for (const auto& [service, command] : options.commands) {
    if (!options.consumers.contains(service)) continue;
    return fail(Code::usage,
                fmt::format("--consumers {0} and --cmd {0} exclude each other: a foreign program "
                            "takes no messages from the lab",
                            service),
                "leave one of them out");
  }
  return {};
}

}  // namespace msdemo::commands
