#include "run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "http/admin.hpp"
#include "http/client.hpp"
#include "http/otlp_sink.hpp"
#include "http/server.hpp"
#include "metrics/metrics.hpp"
#include "order/routes.hpp"
#include "trace/recorder.hpp"
#include "trace/sampler.hpp"
#include "user/routes.hpp"

namespace msdemo {

namespace {

/// The signals that end a service, blocked so that only wait_for_end() sees them.
sigset_t block_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// A full disk or a gone reader is an error code here, never the death of the process; and every
/// connection may need a descriptor.
void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

/// Makes the service's folder if need be; what is in it is the owner's alone.
Result<void> make_data_dir(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (!error) return {};
  return fail(Code::lab_failed, fmt::format("cannot make {}: {}", folder.string(), error.message()),
              "choose a folder that you may write to");
}

void wait_for_end(const sigset_t& signals, const std::optional<int>& lifeline_fd) {
  const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  std::array<pollfd, 2> waits = {pollfd{signal_fd, POLLIN, 0},
                                 pollfd{lifeline_fd.value_or(-1), POLLIN, 0}};
  while (::poll(waits.data(), waits.size(), -1) < 0) {
  }
  ::close(signal_fd);
  spdlog::info(waits[0].revents != 0 ? "draining" : "whoever started this service is gone");
}

Result<trace::Sampler> make_sampler() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const auto rule = trace::Sampler::rule_named(variable("OTEL_TRACES_SAMPLER"));
  if (!rule) return fail(rule.error());
  const std::string argument = variable("OTEL_TRACES_SAMPLER_ARG");
  return Result<trace::Sampler>(tl::in_place, real_clock(), *rule,
                                argument.empty() ? 1.0 : std::strtod(argument.c_str(), nullptr));
}

Result<std::unique_ptr<trace::SpanSink>> make_sink(const std::optional<std::string>& given) {
  const std::string url = given.value_or(http::otlp_url_from_environment());
  if (url.empty()) return std::make_unique<http::NoSink>();
  const auto target = http::parse_otlp_url(url);
  if (!target) return fail(target.error());
  return std::make_unique<http::OtlpSink>(*target);
}

/// One service's parts, in the order they need each other.
struct UserParts {
  explicit UserParts(storage::Database& database) : store(database) {}

  http::Router routes() { return user::routes(store); }

  user::UserStore store;
};

struct OrderParts {
  OrderParts(storage::Database& database, const std::string& user_url)
      : store(database), users(user_url, "user"), service(store, users, real_clock()) {}

  http::Router routes() { return order::routes(service, store); }

  order::OrderStore store;
  http::Client users;
  order::OrderService service;
};

Result<void> tell_ready(const ServeSettings& settings, const http::Server& server,
                        const http::Server& admin) {
  spdlog::info("{} serves {} (admin {}), durability {}", settings.service, server.url(),
               admin.url(), storage::to_string(settings.durability));
  if (settings.listen != "127.0.0.1") {
    spdlog::warn("listening on {}: everyone who reaches this address may use the service",
                 settings.listen);
  }
  if (!settings.ready_fd) return {};
  const std::string line =
      fmt::format("ready {}\n", dump_json({{"url", server.url()}, {"admin_url", admin.url()}}));
  if (::write(*settings.ready_fd, line.data(), line.size()) < 0) {
    return fail(Code::lab_failed, "cannot report readiness to whoever started this service");
  }
  ::close(*settings.ready_fd);
  return {};
}

template <class Parts>
Result<void> serve_parts(const ServeSettings& settings, const sigset_t& signals,
                         storage::Database& database, Parts& parts) {
  auto sampler = make_sampler();
  if (!sampler) return fail(sampler.error());
  const auto sink = make_sink(settings.otlp_url);
  if (!sink) return fail(sink.error());
  Rng rng(random_seed());
  trace::Recorder recorder(**sink);
  const trace::Tracer tracer(settings.service, recorder, *sampler, real_clock(), rng);
  metrics::Registry metrics;
  metrics.gauge("msdemo_spans_lost", "Spans dropped or not delivered since the start",
                [&] { return static_cast<double>(recorder.lost()); });

  std::atomic<bool> draining = false;
  const auto ready = [&]() -> Result<void> {
    if (draining) return fail(Code::overloaded, "the service is draining");
    return database.read(nullptr, "ready", [](storage::Transaction& tx) -> Result<void> {
      if (const auto rows = tx.query("SELECT 1"); !rows) return fail(rows.error());
      return {};
    });
  };
  http::ServerOptions options{
      .listen = settings.listen, .port = settings.port, .allowed_hosts = settings.allowed_hosts};
  auto server = http::Server::start(options, parts.routes(), &tracer, &metrics);
  if (!server) return fail(server.error());
  options.port = settings.admin_port;
  options.threads = limits::kAdminThreads;
  auto admin = http::Server::start(options, http::admin_routes(metrics, ready), nullptr, nullptr);
  if (!admin) return fail(admin.error());

  if (auto told = tell_ready(settings, **server, **admin); !told) return told;
  wait_for_end(signals, settings.lifeline_fd);
  draining = true;
  (*server)->stop();
  (*admin)->stop();
  spdlog::info("stopped");
  return {};
}

}  // namespace

Result<void> serve(const ServeSettings& settings) {
  const bool is_order = settings.service == "order";
  if (is_order && settings.user_url.empty()) {
    return fail(Code::usage, "the order service needs --user-url",
                "for example --user-url http://127.0.0.1:8000");
  }
  prepare_process();
  const sigset_t signals = block_ending_signals();
  settings.log_file ? log::to_file(settings.service, *settings.log_file)
                    : log::to_stderr(settings.service);

  if (auto made = make_data_dir(settings.data_dir); !made) return made;
  const auto migrations = is_order ? order::migrations() : user::migrations();
  auto database = storage::open_sqlite(settings.data_dir / (settings.service + ".db"),
                                       settings.durability, migrations);
  if (!database) return fail(database.error());
  if (is_order) {
    OrderParts parts(**database, settings.user_url);
    return serve_parts(settings, signals, **database, parts);
  }
  UserParts parts(**database);
  return serve_parts(settings, signals, **database, parts);
}

}  // namespace msdemo
