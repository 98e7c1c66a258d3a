#include "http/server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>

#include "base/text.hpp"
#include "contracts/problem.hpp"
#include "http/connection_front.hpp"
#include "http/framing.hpp"
#include "http/httplib_bridge.hpp"
#include "http/response_writer.hpp"
#include "http/socket.hpp"
#include "resilience/queue_age.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::http {

namespace {

/// What the worker that runs httplib knows about the request beyond httplib's own view of it, and
/// the answer.
struct Exchange {
  const Frame& frame;
  std::string_view head;
  std::string_view body;
  int socket;
  std::chrono::nanoseconds queued;
  std::optional<SteadyTime> deadline;
  std::optional<Response> response{};
};
thread_local Exchange* current_exchange = nullptr;

/// Anything that is no number of milliseconds is as if it were absent.
std::optional<SteadyTime> deadline_of(const Frame& frame, SteadyTime arrived) {
  const auto left_ms = parse_integer(frame.deadline_ms);
  if (!left_ms || *left_ms < 0) return std::nullopt;
  constexpr std::int64_t kLongest_ms = std::chrono::milliseconds(limits::kExchangeCeiling).count();
  return arrived + std::chrono::milliseconds(std::min(*left_ms, kLongest_ms));
}

/// Compares without telling by its duration where the texts differ.
bool equal_secrets(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

/// `name`, `name:port` and `[::1]:port` without the port.
std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == host.npos;
  return has_port && host.back() != ']' ? host.substr(0, colon) : host;
}

Response problem_response(const Error& error, const std::string& trace_id) {
  Response response{info(error.code).http_status, dump_json(contracts::to_problem(error, trace_id)),
                    std::string(contracts::kProblemMediaType)};
  if (!error.allow.empty()) {
    response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(error.allow, ", ")));
  }
  if (error.code == Code::token_required)
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  const bool temporary = response.status == 503;
  if (temporary) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
  }
  return response;
}

class HandledRequest final : public Request {
 public:
  HandledRequest(const httplib::Request& request, const Exchange& exchange,
                 std::string_view parameter, trace::Span& span)
      : request_(request), exchange_(exchange), parameter_(parameter), span_(span) {}

  std::string_view body() const override { return exchange_.body; }
  std::string_view path_parameter() const override { return parameter_; }
  trace::Span& span() const override { return span_; }
  bool abandoned() const override { return closed_by_peer(exchange_.socket); }
  std::optional<SteadyTime> deadline() const override { return exchange_.deadline; }

  std::optional<std::string> query(const std::string& name) const override {
    if (!request_.has_param(name)) return std::nullopt;
    return request_.get_param_value(name);
  }

  std::optional<std::string> header(const std::string& name) const override {
    // Not httplib's: it drops headers with an empty value.
    return find_header(exchange_.head, name);
  }

 private:
  const httplib::Request& request_;
  const Exchange& exchange_;
  std::string_view parameter_;
  trace::Span& span_;
};

class HttpServer final : public Server, public Protocol {
 public:
  HttpServer(ServerOptions options, Router router, const trace::Tracer* tracer,
             metrics::Registry* metrics)
      : options_(std::move(options)),
        router_(std::move(router)),
        rng_(random_seed()),
        silent_(real_clock(), rng_),
        tracer_(tracer == nullptr ? silent_ : *tracer),
        framing_{.body_bytes = options_.body_bytes},
        bridge_([this](const httplib::Request& request) { handle(request); }) {
    for (const Route& route : router_.routes()) {
      names_.push_back(fmt::format("{} {}", route.method, route.pattern));
      timers_.push_back(metrics == nullptr ? nullptr
                                           : &metrics->request_timer(route.method, route.pattern));
    }
  }

  Result<void> listen() {
    auto listener = listen_on(options_.listen, options_.port, limits::kListenBacklog);
    if (!listener) return fail(std::move(listener.error()));
    port_ = local_port(listener->get());
    front_ = std::make_unique<ConnectionFront>(
        std::move(*listener), *this,
        FrontOptions{.threads = options_.threads,
                     .connections = limits::kServerConnections,
                     .request_complete = options_.request_complete,
                     .idle_connection = options_.idle_connection});
    return {};
  }

  int port() const override { return port_; }
  std::string url() const override { return fmt::format("http://{}:{}", options_.listen, port_); }
  void drain() override { front_->drain(); }
  void stop() override { front_->stop(); }

  void admit(std::size_t threads, bool shedding) override {
    front_->limit(threads);
    shedding_ = shedding;
  }

  Load load() const override {
    const WorkerPool::Load load = front_->load();
    return {load.running, load.queued, load.oldest, shed_};
  }

 private:
  // Protocol, on the front's thread.
  Inspection inspect(std::string_view received) override;
  std::string slow_answer() override {
    const auto allowed_s = std::chrono::duration<double>(options_.request_complete).count();
    return refusal(
        {Code::slow_request, fmt::format("a request must be complete within {} s", allowed_s)});
  }
  std::string overloaded_answer() override {
    return refusal({Code::overloaded, "too many requests are waiting; try again later"});
  }

  // Protocol, on a worker.
  Answer answer(const Received& received) override;

  /// To a request that no handler gets to see.
  Response refuse(const Error& error) {
    return problem_response(error, trace::TraceId::random(rng_).hex());
  }
  std::string refusal(const Error& error) {
    return write_response(refuse(error), {.date = real_clock().system_now(), .keep_alive = false});
  }
  Result<void> check_source(const Frame& frame) const;
  bool host_allowed(std::string_view host) const;
  Result<void> check_access(const Route& route, const Frame& frame) const;
  Result<void> admit(const Exchange& exchange, SteadyTime now, trace::Span& span);
  Result<Response> call(const Route& route, const Request& request) const;
  void handle(const httplib::Request& request);
  void record(const httplib::Request& request, const Route* route, const Result<Response>& result,
              trace::Span& span, std::chrono::nanoseconds took);

  const ServerOptions options_;
  const Router router_;
  Rng rng_;
  const trace::Tracer silent_;
  const trace::Tracer& tracer_;
  const FramingLimits framing_;
  std::vector<std::string> names_;              ///< of the routes, for spans
  std::vector<metrics::RequestTimer*> timers_;  ///< of the routes; null without metrics
  HttplibBridge bridge_;
  resilience::QueueAge queue_age_;
  std::atomic<bool> shedding_ = false;
  std::atomic<std::int64_t> shed_ = 0;
  int port_ = 0;
  std::unique_ptr<ConnectionFront> front_;
};

Inspection HttpServer::inspect(std::string_view received) {
  using Verdict = Inspection::Verdict;
  const auto refused = [this](const Error& error) {
    return Inspection{.verdict = Verdict::refused, .answer = refusal(error)};
  };
  const auto read = read_frame(received, framing_);
  if (!read) return refused(read.error());
  if (!*read) return {};
  const Frame& frame = **read;
  if (auto source = check_source(frame); !source) return refused(source.error());
  if (received.size() < frame.total_bytes()) {
    return {.verdict = Verdict::incomplete,
            .frame = frame,
            .send_continue = frame.wants_continue && received.size() == frame.head_bytes};
  }
  return {.verdict = Verdict::complete, .frame = frame};
}

/// A web page in the user's browser can reach loopback too. DNS rebinding shows in Host, a foreign
/// page in Origin or Sec-Fetch-Site.
Result<void> HttpServer::check_source(const Frame& frame) const {
  if (!host_allowed(frame.host)) {
    return fail(Code::host_not_allowed,
                fmt::format("Host {} is not served here", escape_control(frame.host)),
                "use 127.0.0.1 or localhost, or start the service with --allow-host");
  }
  constexpr std::string_view kScheme = "http://";
  const bool local_origin =
      frame.origin.empty() || (frame.origin.substr(0, kScheme.size()) == kScheme &&
                               host_allowed(frame.origin.substr(kScheme.size())));
  const bool reading = frame.method == "GET" || frame.method == "HEAD";
  const bool foreign_fetch =
      !reading && (frame.sec_fetch_site == "cross-site" || frame.sec_fetch_site == "same-site");
  if (!local_origin || foreign_fetch) {
    return fail(Code::foreign_origin, "web pages of other sites may not call this service");
  }
  return {};
}

bool HttpServer::host_allowed(std::string_view host) const {
  const std::string_view name = without_port(host);
  for (const std::string_view own : {"127.0.0.1", "localhost", "[::1]"}) {
    if (equal_names(name, own)) return true;
  }
  return std::any_of(options_.allowed_hosts.begin(), options_.allowed_hosts.end(),
                     [&](const std::string& allowed) {
                       return equal_names(host, allowed) || equal_names(name, allowed);
                     });
}

Protocol::Answer HttpServer::answer(const Received& received) {
  const Frame& frame = received.frame;
  Exchange exchange{.frame = frame,
                    .head = received.request.substr(0, frame.head_bytes),
                    .body = received.request.substr(frame.head_bytes),
                    .socket = received.socket,
                    .queued = received.queued,
                    .deadline = deadline_of(frame, received.at)};
  current_exchange = &exchange;
  bridge_.parse(frame.target);
  current_exchange = nullptr;
  if (!exchange.response) {
    exchange.response = refuse({Code::bad_request, "the request cannot be parsed"});
  }
  if (exchange.response->drop) return {.bytes = {}, .keep_alive = false};
  const bool keep_alive = frame.keep_alive && !received.last;
  return {write_response(*exchange.response, {.date = real_clock().system_now(),
                                              .keep_alive = keep_alive,
                                              .head_only = frame.method == "HEAD"}),
          keep_alive};
}

/// What a route asks of a request before its handler sees it.
Result<void> HttpServer::check_access(const Route& route, const Frame& frame) const {
  if (route.access == Access::token) {
    constexpr std::string_view kBearer = "Bearer ";
    const bool bearer = frame.authorization.substr(0, kBearer.size()) == kBearer;
    const std::string_view token = bearer ? frame.authorization.substr(kBearer.size()) : "";
    if (options_.token.empty() || !equal_secrets(token, options_.token)) {
      return fail(Code::token_required, "this changes the lab's behaviour and needs its token",
                  "send `Authorization: Bearer <token>`; the token is in the lab's state folder");
    }
  }
  if (!frame.content_encoding.empty() && !equal_names(frame.content_encoding, "identity")) {
    return fail(Code::unsupported_media_type, "send the body without Content-Encoding");
  }
  const std::string_view media = frame.content_type.substr(0, frame.content_type.find(';'));
  const auto end = media.find_last_not_of(" \t");
  const bool json = end != media.npos && equal_names(media.substr(0, end + 1), "application/json");
  if (frame.body_bytes > 0 && !json) {
    return fail(Code::unsupported_media_type, "send the body as Content-Type: application/json");
  }
  return {};
}

/// Refuses work that is too late already, before any of it is done.
Result<void> HttpServer::admit(const Exchange& exchange, SteadyTime now, trace::Span& span) {
  using std::chrono::duration_cast, std::chrono::milliseconds;
  if (exchange.deadline && now >= *exchange.deadline) {
    const std::string rule = fmt::format(
        "the caller's deadline of {} ms passed before the work began", exchange.frame.deadline_ms);
    span.decide("policy.deadline", rule);
    return fail(Code::deadline_exceeded, rule);
  }
  const auto allowed = queue_age_.allowed(exchange.queued, now);
  if (!shedding_ || exchange.queued <= allowed) return {};
  ++shed_;
  const std::string rule = fmt::format("shed: it waited {} ms for a thread, {} ms are allowed",
                                       duration_cast<milliseconds>(exchange.queued).count(),
                                       duration_cast<milliseconds>(allowed).count());
  span.decide("policy.shed", rule);
  return fail(Code::overloaded, rule, "try again later");
}

Result<Response> HttpServer::call(const Route& route, const Request& request) const {
  try {
    return route.handler(request);
  } catch (const std::exception& error) {
    return fail(Code::internal, error.what());
  } catch (...) {
    return fail(Code::internal, "an exception that is no std::exception");
  }
}

void HttpServer::handle(const httplib::Request& request) {
  Exchange& exchange = *current_exchange;
  const std::string_view method = exchange.frame.method;
  const SteadyTime began = real_clock().steady_now();
  const auto match = router_.match(method, request.path);
  const Route* route = match ? &router_.routes()[match->route] : nullptr;

  trace::Span span =
      tracer_.start(match ? names_[match->route] : std::string(method), trace::SpanKind::server,
                    trace::parse_traceparent(exchange.frame.traceparent));
  const auto run = [&]() -> Result<Response> {
    if (!match) return fail(match.error());
    if (auto admitted = admit(exchange, began, span); !admitted) return fail(admitted.error());
    if (auto access = check_access(*route, exchange.frame); !access) return fail(access.error());
    return call(*route, HandledRequest(request, exchange, match->parameter, span));
  };
  Result<Response> result = run();
  const auto took = real_clock().steady_now() - began;
  exchange.response =
      result ? std::move(*result) : problem_response(result.error(), span.context().trace_id.hex());
  Response& response = *exchange.response;
  if (match && timers_[match->route] != nullptr) {
    timers_[match->route]->observe(response.status, took);
  }
  if (!result && result.error().code == Code::internal) {
    spdlog::error("{} {} failed: {} trace={}", method, escape_control(request.path),
                  escape_control(result.error().message), span.context().trace_id.hex());
  }
  if (!span.recording()) return;
  response.headers.emplace_back("traceresponse", trace::format_traceparent(span.context()));
  record(request, route, result, span, took);
}

/// What the span and the log say about a request that is sampled.
void HttpServer::record(const httplib::Request& request, const Route* route,
                        const Result<Response>& result, trace::Span& span,
                        std::chrono::nanoseconds took) {
  const Response& response = *current_exchange->response;
  const std::string method(current_exchange->frame.method);
  span.set("http.request.method", method);
  span.set("url.path", request.path);
  if (route != nullptr) span.set("http.route", route->pattern);
  if (!response.drop) span.set("http.response.status_code", std::int64_t{response.status});
  if (!result) {
    span.set("error.type", std::string(result.error().name()));
    span.set("msdemo.problem", result.error().message);
    if (response.status >= 500) span.fail(result.error().message);
  }
  spdlog::info("{} {} {} {:.2f} ms trace={}", method, escape_control(request.path), response.status,
               std::chrono::duration<double, std::milli>(took).count(),
               span.context().trace_id.hex());
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router,
                                              const trace::Tracer* tracer,
                                              metrics::Registry* metrics) {
  auto server =
      std::make_unique<HttpServer>(std::move(options), std::move(router), tracer, metrics);
  if (auto listening = server->listen(); !listening) return fail(std::move(listening.error()));
  return server;
}

}  // namespace msdemo::http
