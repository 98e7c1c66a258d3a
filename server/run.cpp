#include "run.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "faults/faults.hpp"
#include "http/admin.hpp"
#include "http/faulty_routes.hpp"
#include "http/otlp_sink.hpp"
#include "http/policy_routes.hpp"
#include "http/server.hpp"
#include "messaging/background.hpp"
#include "messaging/connect.hpp"
#include "metrics/metrics.hpp"
#include "run_engines.hpp"
#include "run_parts.hpp"
#include "run_process.hpp"
#include "trace/recorder.hpp"
#include "trace/sampler.hpp"

namespace msdemo {

namespace {

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

template <class Parts>
Result<std::unique_ptr<Parts>> open_parts(const Host& host) {
  messaging::BrokerOptions options;  // GCC 12 cannot compile its initializer within a template
  options.url = host.settings.broker_url;
  auto broker = messaging::connect(options);
  if (!broker) return fail(std::move(broker.error()));
  return std::make_unique<Parts>(host, std::move(*broker));
}

template <>
Result<std::unique_ptr<BrokerParts>> open_parts(const Host& host) {
  auto store = broker::BrokerStore::open(host.database, real_clock());
  if (!store) return fail(std::move(store.error()));
  return std::make_unique<BrokerParts>(host, std::move(*store));
}

/// The token in `file`; nothing if there is no file, so that nobody has it.
Result<std::string> read_token(const std::optional<std::filesystem::path>& file) {
  if (!file) return std::string();
  std::ifstream stream(*file);
  std::string token;
  if (std::getline(stream, token) && !token.empty()) return token;
  return fail(Code::lab_failed, fmt::format("there is no token in {}", file->string()));
}

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

/// What keeps the service from doing its work: readiness is off meanwhile, and comes back by
/// itself.
template <class Parts>
Result<void> check_ready(const Parts& parts, storage::Database& database,
                         const StopSignal& draining) {
  if (draining.stopped()) return fail(Code::overloaded, "the service is draining");
  const auto answers =
      database.read(nullptr, "ready", [](storage::Transaction& tx) -> Result<void> {
        if (const auto rows = tx.query("SELECT 1"); !rows) return fail(rows.error());
        return {};
      });
  if (!answers) {
    return fail(Code::upstream_unavailable,
                fmt::format("the database does not answer: {}", answers.error().message));
  }
  if (const auto trouble = parts.broker_trouble()) {
    return fail(Code::upstream_unavailable,
                fmt::format("the broker does not answer: {}", trouble->message));
  }
  return {};
}

void add_metrics(metrics::Registry& metrics, const trace::Recorder& recorder,
                 const http::Server& server, const Calls& calls) {
  metrics.gauge("msdemo_spans_lost", "Spans dropped or not delivered since the start",
                [&] { return static_cast<double>(recorder.lost()); });
  const auto load = [&server](auto http::Server::Load::*member) {
    return [&server, member] { return static_cast<double>(server.load().*member); };
  };
  metrics.gauge("msdemo_http_requests_in_flight", "Requests that are worked on",
                load(&http::Server::Load::running));
  metrics.gauge("msdemo_http_requests_queued", "Requests that wait for a thread",
                load(&http::Server::Load::queued));
  metrics.gauge("msdemo_http_queue_age_seconds", "How long the first of those waits already",
                [&] { return std::chrono::duration<double>(server.load().oldest).count(); });
  metrics.counter("msdemo_http_requests_shed_total",
                  "Requests refused because they waited too long", load(&http::Server::Load::shed));
  for (const http::ProtectedClient* client : calls) http::add_call_metrics(metrics, *client);
}

template <class Parts>
Result<void> serve_as(const ServeSettings& settings, const sigset_t& signals) {
  auto sampler = make_sampler();
  if (!sampler) return fail(sampler.error());
  const auto sink = make_sink(settings.otlp_url);
  if (!sink) return fail(sink.error());
  const auto token = read_token(settings.token_file);
  if (!token) return fail(token.error());
  Rng rng(random_seed());
  faults::Faults faults(real_clock(), rng);
  const Patience patience{settings, rng, signals};
  auto database = open_database(patience, Parts::migrations(), faults);
  if (!database) return fail(database.error());
  if (auto there = await_broker(patience); !there) return there;

  trace::Recorder recorder(**sink);
  const trace::Tracer tracer(settings.service, recorder, *sampler, real_clock(), rng);
  metrics::Registry metrics;
  StopSignal draining;
  resilience::Policies policies(Parts::kRole);
  const Host host{settings, **database, tracer, metrics, rng, faults, policies};
  const auto parts = open_parts<Parts>(host);
  if (!parts) return fail(parts.error());

  http::ServerOptions options{.listen = settings.listen,
                              .port = settings.port,
                              .allowed_hosts = settings.allowed_hosts,
                              .token = *token};
  // The broker is in a trace by the spans of who publishes and consumes, not by their polling.
  const bool is_broker = settings.service == "broker";
  if (is_broker) options.body_bytes = limits::kBrokerBodyBytes;
  auto server =
      http::Server::start(options, http::with_faults((*parts)->routes(), faults, draining),
                          is_broker ? nullptr : &tracer, &metrics);
  if (!server) return fail(server.error());
  policies.follow(
      [&](const resilience::Policy& policy) { (*server)->admit(policy.threads, policy.shedding); });
  add_metrics(metrics, recorder, **server, (*parts)->calls());
  add_pool_metrics(metrics, **database);

  options.port = settings.admin_port;
  options.threads = limits::kAdminThreads;
  options.body_bytes = limits::kBodyBytes;
  http::Router admin_routes = http::admin_routes(
      metrics, faults, [&] { return check_ready(**parts, **database, draining); });
  http::add_policy_routes(admin_routes, policies, (*parts)->calls());
  auto admin = http::Server::start(options, std::move(admin_routes), nullptr, nullptr);
  if (!admin) return fail(admin.error());

  (*parts)->begin();
  if (auto told = tell_ready(settings, **server, **admin); !told) return told;
  asked_to_end(signals, settings.lifeline_fd);
  draining.stop();
  (*server)->drain();  // before anything that takes its time: new callers go to another replica
  (*parts)->end();
  (*server)->stop();
  for (http::ProtectedClient* client : (*parts)->calls()) client->stop();  // what is still not done
  (*admin)->stop();
  spdlog::info("stopped");
  return {};
}

Result<void> check(const ServeSettings& settings) {
  if (settings.service == "order" && settings.user_urls.empty()) {
    return fail(Code::usage, "the order service needs --user-url",
                "for example --user-url http://127.0.0.1:8000");
  }
  if (settings.data_dir.empty()) {
    return fail(Code::usage, fmt::format("the {} service needs --data-dir", settings.service),
                "or MSDEMO_DATA_DIR in its environment");
  }
  if (settings.service != "broker" && settings.broker_url.empty()) {
    return fail(Code::usage, fmt::format("the {} service needs --broker-url", settings.service),
                "for example --broker-url http://127.0.0.1:8002");
  }
  return {};
}

}  // namespace

Result<void> serve(const ServeSettings& settings) {
  if (auto checked = check(settings); !checked) return checked;
  prepare_process();
  const sigset_t signals = block_ending_signals();
  settings.log_file ? log::to_file(settings.service, *settings.log_file)
                    : log::to_stderr(settings.service);
  if (auto made = make_data_dir(settings.data_dir); !made) return made;
  if (settings.service == "user") return serve_as<UserParts>(settings, signals);
  if (settings.service == "order") return serve_as<OrderParts>(settings, signals);
  messaging::yield_to_requests();  // nobody waits for what these two do
  if (settings.service == "broker") return serve_as<BrokerParts>(settings, signals);
  return serve_as<NotifyParts>(settings, signals);
}

}  // namespace msdemo
