#include "lab/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
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
  for (const std::string& service : services_of(options)) {
    if (!options.fresh) break;
    if (auto done = folder.remove_data(service); !done) return fail(std::move(done.error()));
  }
  return lock;
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
  return {
      .lab = options.lab,
      .pid = ::getpid(),
      .control_url = control_url,
      .state_folder = folder.path().string(),
      .durability = options.durability,
      .database = options.database_url.empty() ? "sqlite" : without_password(options.database_url),
      .broker = options.broker_url.empty() ? "embedded" : without_password(options.broker_url),
      .ready_ms = std::chrono::duration<double, std::milli>(took).count(),
      .memory_bytes = memory,
      .services = std::move(services)};
}

LabRecord record_of(const std::string& control_url, const std::vector<PlannedReplica>& replicas) {
  LabRecord record{.supervisor = ProcessIdentity::own(),
                   .control_url = control_url,
                   .started_at = format_rfc3339(real_clock().system_now()),
                   .services = {}};
  for (const PlannedReplica& of : replicas) {
    record.services.push_back({of.service, of.replica, of.port.url(),
                               of.admin_port ? of.admin_port->url() : std::string()});
  }
  return record;
}

/// What commands need to know of this run, but for the record: where the services keep their data,
/// and how to reach a broker that is not the lab's own.
Result<void> prepare_folder(const LabOptions& options, const StateFolder& folder,
                            const std::vector<PlannedReplica>& replicas) {
  for (const PlannedReplica& replica : replicas) {
    if (auto made = folder.create_data(replica.name); !made) return made;
  }
  if (options.broker_url.empty()) return {};
  return folder.write_broker_url(options.broker_url);
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
          {"database", report.database},
          {"broker", report.broker},
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
                       .database = json.at("database"),
                       .broker = json.at("broker"),
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
  auto replicas = plan_replicas(options);
  if (!replicas) return fail(std::move(replicas.error()));
  auto control_port = ReservedPort::reserve(0);
  const auto token = folder->write_new_token();
  const Announcement announcement(*folder);
  if (!control_port) return fail(std::move(control_port.error()));
  if (!token) return fail(token.error());
  if (auto prepared = prepare_folder(options, *folder, *replicas); !prepared) {
    return fail(std::move(prepared.error()));
  }

  const std::string control_url = control_port->url();
  const LabRecord record = record_of(control_url, *replicas);
  Supervisor supervisor(
      plan_services(options, *folder, std::move(*replicas), control_url, lock->get()), signals,
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
    if (!supervisor.seeding_remark().empty()) observer.note(supervisor.seeding_remark());
    return observer.ready(describe(options, *folder, control_url, supervisor.services()));
  });
  collector.close();
  (*server)->stop();
  spdlog::info("the lab '{}' has ended", options.lab);
  return ended;
}

}  // namespace msdemo::lab
