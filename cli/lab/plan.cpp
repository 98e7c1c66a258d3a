#include "lab/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "lab/process.hpp"
#include "lab/service_names.hpp"

namespace msdemo::lab {

namespace {

/// What stands under `service`, or `otherwise`.
int number_of(const std::map<std::string, int>& numbers, const std::string& service,
              int otherwise) {
  const auto found = numbers.find(service);
  return found == numbers.end() ? otherwise : found->second;
}

/// Where the services reach each other and the lab.
struct Addresses {
  std::string control_url;
  std::vector<std::string> user_urls;
  std::string broker_url;  ///< of the lab's own
};

Addresses addresses_of(const std::string& control_url,
                       const std::vector<PlannedReplica>& replicas) {
  Addresses all{.control_url = control_url, .user_urls = {}, .broker_url = {}};
  for (const PlannedReplica& candidate : replicas) {
    if (candidate.service == "user") all.user_urls.push_back(candidate.port.url());
    if (candidate.service == "broker") all.broker_url = candidate.port.url();
  }
  return all;
}

std::vector<std::string> child_arguments(const LabOptions& options, const StateFolder& folder,
                                         const PlannedReplica& replica,
                                         const Addresses& addresses) {
  std::vector<std::string> arguments = {
      "serve",         replica.service,
      "--port",        std::to_string(replica.port.number()),
      "--admin-port",  std::to_string(replica.admin_port->number()),
      "--data-dir",    folder.data(replica.name).string(),
      "--log-file",    folder.log_file(replica.name).string(),
      "--durability",  options.durability,
      "--ready-fd",    std::to_string(kReadyDescriptor),
      "--lifeline-fd", std::to_string(kLifelineDescriptor),
      "--token-file",  folder.token_file().string(),
      "--otlp",        addresses.control_url + "/v1/traces"};
  const auto add = [&](const char* option, const std::string& value) {
    arguments.insert(arguments.end(), {option, value});
  };
  if (replica.service == "order") {
    for (const std::string& url : addresses.user_urls) add("--user-url", url);
  }
  if (options.wait_for) add("--wait-for", fmt::format("{}s", options.wait_for->count()));
  if (!consumes(replica.service)) return arguments;
  if (options.broker_url.empty()) add("--broker-url", addresses.broker_url);
  add("--consumers", std::to_string(number_of(options.consumers, replica.service, 1)));
  return arguments;
}

/// What the lab was told by these variables is not passed on unless it is meant.
Environment without_engines() {
  return {{"MSDEMO_DB_URL", std::nullopt},
          {"MSDEMO_DB_URL_FILE", std::nullopt},
          {"MSDEMO_BROKER_URL", std::nullopt},
          {"MSDEMO_BROKER_URL_FILE", std::nullopt}};
}

/// Python would keep what is printed until there are 8 KiB of it, and the log would tell it too
/// late.
Environment foreign_environment() {
  Environment environment = without_engines();
  environment["PYTHONUNBUFFERED"] = "1";
  return environment;
}

/// The engines' URLs hold passwords, and everybody on this machine may read arguments.
Environment child_environment(const LabOptions& options, const std::string& service) {
  Environment environment = without_engines();
  if (!consumes(service)) return environment;  // the lab's broker keeps its messages itself
  if (!options.database_url.empty()) environment["MSDEMO_DB_URL"] = options.database_url;
  if (!options.broker_url.empty()) environment["MSDEMO_BROKER_URL"] = options.broker_url;
  return environment;
}

ChildCommand child_command(const LabOptions& options, const StateFolder& folder,
                           const PlannedReplica& replica, const Addresses& addresses) {
  const auto log_file = folder.log_file(replica.name);
  const auto foreign = options.commands.find(replica.service);
  if (foreign == options.commands.end()) {
    return {.arguments = child_arguments(options, folder, replica, addresses),
            .environment = child_environment(options, replica.service),
            .log_file = log_file};
  }
  return {.arguments = foreign_arguments(
              fill_in(foreign->second, replica.port.number(), addresses.user_urls.front())),
          .environment = foreign_environment(),
          .folder = foreign->second.folder,
          .ready_url = replica.port.url(),
          .log_file = log_file};
}

}  // namespace

std::vector<std::string> services_of(const LabOptions& options) {
  std::vector<std::string> services = service_names();
  if (!options.broker_url.empty()) std::erase(services, "broker");
  return services;
}

std::vector<std::string> log_names(const LabOptions& options) {
  std::vector<std::string> names;
  for (const std::string& service : services_of(options)) {
    const int replicas = number_of(options.replicas, service, 1);
    for (int i = 1; i <= replicas; ++i) names.push_back(replica_name(service, i, replicas));
  }
  names.emplace_back(kSupervisorLog);
  return names;
}

Result<std::vector<PlannedReplica>> plan_replicas(const LabOptions& options) {
  // The fixed ports first: none of them may be taken by one that could be any.
  std::map<std::string, std::vector<ReservedPort>> fixed;
  for (const auto& [service, first] : options.ports) {
    for (int i = 0; i < number_of(options.replicas, service, 1); ++i) {
      auto port = ReservedPort::reserve(first + i);
      if (!port) return fail(std::move(port.error()));
      fixed[service].push_back(std::move(*port));
    }
  }
  std::vector<PlannedReplica> all;
  for (const std::string& service : services_of(options)) {
    const int replicas = number_of(options.replicas, service, 1);
    const auto chosen = fixed.find(service);
    for (int replica = 1; replica <= replicas; ++replica) {
      auto port = chosen == fixed.end()
                      ? ReservedPort::reserve(0)
                      : Result<ReservedPort>(
                            std::move(chosen->second.at(static_cast<std::size_t>(replica - 1))));
      if (!port) return fail(std::move(port.error()));
      all.push_back({service, replica, replica_name(service, replica, replicas), std::move(*port),
                     std::nullopt});
      if (options.commands.contains(service)) continue;
      auto admin_port = ReservedPort::reserve(0);
      if (!admin_port) return fail(std::move(admin_port.error()));
      all.back().admin_port = std::move(*admin_port);
    }
  }
  return all;
}

std::vector<SupervisedService> plan_services(const LabOptions& options, const StateFolder& folder,
                                             std::vector<PlannedReplica> replicas,
                                             const std::string& control_url, int lock) {
  const Addresses addresses = addresses_of(control_url, replicas);
  std::vector<SupervisedService> services;
  for (PlannedReplica& mine : replicas) {
    ChildCommand command = child_command(options, folder, mine, addresses);
    command.lock = lock;
    services.emplace_back(
        ServicePlan{.service = mine.service,
                    .replica = mine.replica,
                    .name = mine.name,
                    .port = std::move(mine.port),
                    .admin_port = std::move(mine.admin_port),
                    .command = std::move(command),
                    .start_timeout =
                        limits::kStartTimeout + options.wait_for.value_or(std::chrono::seconds(0))},
        real_clock());
  }
  return services;
}

}  // namespace msdemo::lab
