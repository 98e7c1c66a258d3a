#include "lab/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/otlp_sink.hpp"
#include "http/server.hpp"
#include "lab/collector.hpp"
#include "lab/control_api.hpp"
#include "lab/service_names.hpp"
#include "lab/state.hpp"
#include "lab/trace_forwarder.hpp"

namespace msdemo::lab {

namespace {

/// While this lives, the lab can be found; afterwards nobody mistakes it for a running one.
class Announcement {
 public:
  explicit Announcement(const StateFolder& folder) : folder_(folder) {}
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;
  ~Announcement() { folder_.forget_run(); }

 private:
  const StateFolder& folder_;
};

Result<http::FileDescriptor> take_over(const LabOptions& options, const StateFolder& folder,
                                       const LabObserver& observer) {
  if (auto created = folder.create(); !created) return fail(std::move(created.error()));
  auto lock = folder.lock();
  if (!lock) return lock;
  if (const auto stale = folder.record()) {
    observer.note(
        fmt::format("the lab '{}' (pid {}) ended without cleaning up; done now, its data is kept",
                    options.lab, stale->supervisor.pid));
  }
  folder.forget_run();
  for (const std::string& service : service_names()) {
    Result<void> done = options.fresh ? folder.remove_data(service) : Result<void>();
    if (done) done = folder.create_data(service);
    if (!done) return fail(std::move(done.error()));
  }
  return lock;
}

struct Ports {
  std::string service;
  ReservedPort port;
  ReservedPort admin_port;
};

Result<std::vector<Ports>> reserve_ports(const std::map<std::string, int>& fixed) {
  std::vector<Ports> all;
  // The fixed ones first: none of them may be taken by a port that could be any.
  std::map<std::string, ReservedPort> chosen;
  for (const auto& [service, number] : fixed) {
    auto port = ReservedPort::reserve(number);
    if (!port) return fail(std::move(port.error()));
    chosen.emplace(service, std::move(*port));
  }
  for (const std::string& service : service_names()) {
    const auto found = chosen.find(service);
    auto port = found == chosen.end() ? ReservedPort::reserve(0)
                                      : Result<ReservedPort>(std::move(found->second));
    auto admin_port = ReservedPort::reserve(0);
    if (!port) return fail(std::move(port.error()));
    if (!admin_port) return fail(std::move(admin_port.error()));
    all.push_back({service, std::move(*port), std::move(*admin_port)});
  }
  return all;
}

/// Where the services reach each other and the lab.
struct Addresses {
  std::string control_url;
  std::string user_url;
  std::string broker_url;
};

Addresses addresses_of(const std::string& control_url, const std::vector<Ports>& ports) {
  Addresses all{.control_url = control_url, .user_url = {}, .broker_url = {}};
  for (const Ports& candidate : ports) {
    if (candidate.service == "user") all.user_url = candidate.port.url();
    if (candidate.service == "broker") all.broker_url = candidate.port.url();
  }
  return all;
}

std::vector<std::string> child_arguments(const LabOptions& options, const StateFolder& folder,
                                         const Ports& ports, const Addresses& addresses) {
  std::vector<std::string> arguments = {"serve",         ports.service,
                                        "--port",        std::to_string(ports.port.number()),
                                        "--admin-port",  std::to_string(ports.admin_port.number()),
                                        "--data-dir",    folder.data(ports.service).string(),
                                        "--log-file",    folder.log_file(ports.service).string(),
                                        "--durability",  options.durability,
                                        "--ready-fd",    std::to_string(kReadyDescriptor),
                                        "--lifeline-fd", std::to_string(kLifelineDescriptor),
                                        "--token-file",  folder.token_file().string(),
                                        "--otlp",        addresses.control_url + "/v1/traces"};
  const auto add = [&](const char* option, const std::string& value) {
    arguments.insert(arguments.end(), {option, value});
  };
  if (ports.service == "order") add("--user-url", addresses.user_url);
  if (!consumes(ports.service)) return arguments;
  add("--broker-url", addresses.broker_url);
  const auto consumers = options.consumers.find(ports.service);
  add("--consumers",
      consumers == options.consumers.end() ? "1" : std::to_string(consumers->second));
  return arguments;
}

std::vector<SupervisedService> plan_services(const LabOptions& options, const StateFolder& folder,
                                             std::vector<Ports> ports,
                                             const std::string& control_url, int lock) {
  const Addresses addresses = addresses_of(control_url, ports);
  std::vector<SupervisedService> services;
  for (Ports& mine : ports) {
    auto arguments = child_arguments(options, folder, mine, addresses);
    services.emplace_back(ServicePlan{.service = mine.service,
                                      .port = std::move(mine.port),
                                      .admin_port = std::move(mine.admin_port),
                                      .log_file = folder.log_file(mine.service),
                                      .arguments = std::move(arguments)},
                          lock, real_clock());
  }
  return services;
}

std::unique_ptr<TraceForwarder> make_forwarder(const LabObserver& observer) {
  const std::string url = http::otlp_url_from_environment();
  if (url.empty()) return nullptr;
  const auto target = http::parse_otlp_url(url);
  if (target) return std::make_unique<TraceForwarder>(*target);
  observer.note(target.error().message + ", so traces stay in the lab");
  return nullptr;
}

StartReport describe(const LabOptions& options, const StateFolder& folder,
                     const std::string& control_url, std::vector<ServiceStatus> services) {
  std::optional<std::size_t> memory = proportional_memory(::getpid());
  for (const ServiceStatus& status : services) {
    const auto part = status.pid ? proportional_memory(*status.pid) : std::nullopt;
    memory = memory && part ? std::optional(*memory + *part) : std::nullopt;
  }
  const auto took = real_clock().steady_now() - options.began;
  return {.lab = options.lab,
          .pid = ::getpid(),
          .control_url = control_url,
          .state_folder = folder.path().string(),
          .durability = options.durability,
          .ready_ms = std::chrono::duration<double, std::milli>(took).count(),
          .memory_bytes = memory,
          .services = std::move(services)};
}

LabRecord record_of(const std::string& control_url, const std::vector<Ports>& ports) {
  LabRecord record{.supervisor = ProcessIdentity::own(),
                   .control_url = control_url,
                   .started_at = format_rfc3339(real_clock().system_now()),
                   .services = {}};
  for (const Ports& of : ports) {
    record.services.push_back({of.service, of.port.url(), of.admin_port.url()});
  }
  return record;
}

}  // namespace

Json to_json(const StartReport& report) {
  Json services = Json::array();
  for (const ServiceStatus& status : report.services) services.push_back(to_json(status));
  return {{"lab", report.lab},
          {"pid", report.pid},
          {"control_url", report.control_url},
          {"state_folder", report.state_folder},
          {"durability", report.durability},
          {"ready_ms", report.ready_ms},
          {"memory_bytes", report.memory_bytes ? Json(*report.memory_bytes) : Json()},
          {"services", std::move(services)}};
}

Result<StartReport> parse_start_report(const Json& json) {
  try {
    StartReport report{.lab = json.at("lab"),
                       .pid = json.at("pid"),
                       .control_url = json.at("control_url"),
                       .state_folder = json.at("state_folder"),
                       .durability = json.at("durability"),
                       .ready_ms = json.at("ready_ms"),
                       .memory_bytes = {},
                       .services = {}};
    const Json& memory = json.at("memory_bytes");
    if (!memory.is_null()) report.memory_bytes = memory.get<std::size_t>();
    for (const Json& service : json.at("services")) {
      auto status = parse_service_status(service);
      if (!status) return fail(std::move(status.error()));
      report.services.push_back(std::move(*status));
    }
    return report;
  } catch (const Json::exception&) {
    return fail(Code::invalid_reply, "the lab reported its start in a way nobody understands");
  }
}

Result<StopReport> run_lab(const LabOptions& options, const LabObserver& observer) {
  const auto folder = StateFolder::of(options.lab);
  if (!folder) return fail(folder.error());
  TerminationSignals signals;
  const auto lock = take_over(options, *folder, observer);
  if (!lock) return fail(lock.error());
  log::to_file(kSupervisorLog, folder->log_file(kSupervisorLog), options.standard_error);
  auto ports = reserve_ports(options.ports);
  if (!ports) return fail(std::move(ports.error()));
  auto control_port = ReservedPort::reserve(0);
  const auto token = folder->write_new_token();
  const Announcement announcement(*folder);
  if (!control_port) return fail(std::move(control_port.error()));
  if (!token) return fail(token.error());

  const std::string control_url = control_port->url();
  const LabRecord record = record_of(control_url, *ports);
  Supervisor supervisor(
      plan_services(options, *folder, std::move(*ports), control_url, lock->get()), signals,
      real_clock());
  Collector collector;
  const auto forwarder = make_forwarder(observer);
  http::ServerOptions server_options{.port = control_port->number(), .token = *token};
  server_options.threads = limits::kControlThreads;
  server_options.body_bytes = limits::kExportBytes;
  auto server =
      http::Server::start(std::move(server_options),
                          control_routes(supervisor, collector, forwarder.get()), nullptr, nullptr);
  if (!server) return fail(std::move(server.error()));
  if (auto written = folder->write_record(record); !written) {
    return fail(std::move(written.error()));
  }

  spdlog::info("the lab '{}' starts, control at {}", options.lab, control_url);
  auto ended = supervisor.run([&] {
    spdlog::info("everything is ready");
    return observer.ready(describe(options, *folder, control_url, supervisor.services()));
  });
  collector.close();
  (*server)->stop();
  spdlog::info("the lab '{}' has ended", options.lab);
  return ended;
}

}  // namespace msdemo::lab
