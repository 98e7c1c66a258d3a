#include "lab/control_api.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "contracts/problem.hpp"
#include "trace/otlp.hpp"

namespace msdemo::lab {

namespace {

using http::json_response;
using http::Request;
using http::Response;

/// Errors of the command line have no HTTP status; the lab answers them as conflicts.
Result<Response> refuse(const Request& request, const Error& error) {
  if (info(error.code).http_status != 0) return fail(error);
  Json problem = contracts::to_problem(error, request.span().context().trace_id.hex());
  problem["status"] = kRefusedStatus;
  return Response{.status = kRefusedStatus,
                  .body = dump_json(problem),
                  .content_type = std::string(contracts::kProblemMediaType)};
}

/// A query parameter as an integer in 0…max; `otherwise` when it is absent.
Result<std::int64_t> integer_query(const Request& request, const std::string& name,
                                   std::int64_t otherwise, std::int64_t max) {
  const auto text = request.query(name);
  if (!text) return otherwise;
  const auto value = parse_integer(*text);
  if (value && *value >= 0 && *value <= max) return *value;
  return fail(Error{.code = Code::invalid_field,
                    .message = fmt::format("{} is an integer from 0 to {}", name, max),
                    .field = name});
}

Result<Response> list_services(const Supervisor& supervisor) {
  Json services = Json::array();
  for (const ServiceStatus& status : supervisor.services()) services.push_back(to_json(status));
  return json_response(200, services);
}

Result<Response> act(Supervisor& supervisor, const Request& request) {
  const std::string action = request.query("action").value_or("");
  const auto done = supervisor.act(action, std::string(request.path_parameter()));
  return done ? json_response(200, Json::object()) : refuse(request, done.error());
}

Result<Response> down(Supervisor& supervisor, const Request& request) {
  const auto report = supervisor.down();
  return report ? json_response(200, to_json(*report)) : refuse(request, report.error());
}

Result<Response> take_spans(Collector& collector, TraceForwarder* forwarder,
                            const Request& request) {
  if (auto taken = collector.accept(request.body()); !taken) return fail(std::move(taken.error()));
  if (forwarder != nullptr) forwarder->forward(std::string(request.body()));
  return json_response(200, Json::object());
}

constexpr auto kLongestWait = std::chrono::milliseconds(limits::kTracePoll);

Result<Response> find_order(Collector& collector, const Request& request) {
  const auto id = integer_query(request, "order", 0, std::numeric_limits<std::int64_t>::max());
  const auto wait = integer_query(request, "wait_ms", 0, kLongestWait.count());
  if (!id) return fail(id.error());
  if (!wait) return fail(wait.error());
  return json_response(200, collector.of_order(*id, std::chrono::milliseconds(*wait)));
}

Result<Response> list_traces(Collector& collector, const Request& request) {
  constexpr std::int64_t kListed = 20;
  if (request.query("order")) return find_order(collector, request);
  const auto limit = integer_query(request, "limit", kListed, limits::kTracesKept);
  if (!limit) return fail(limit.error());
  return json_response(200, collector.newest(static_cast<std::size_t>(*limit)));
}

Result<Response> show_trace(Collector& collector, const Request& request) {
  const auto id = trace::TraceId::from_hex(request.path_parameter());
  if (!id) {
    return fail(Error{.code = Code::invalid_field,
                      .message = "a trace_id is 32 lower-case hex digits, not all zero",
                      .field = "trace_id"});
  }
  const auto more_than = integer_query(request, "more_than", 0, limits::kSpansPerTrace);
  const auto wait = integer_query(request, "wait_ms", 0, kLongestWait.count());
  if (!more_than) return fail(more_than.error());
  if (!wait) return fail(wait.error());
  const auto spans =
      collector.spans(*id, static_cast<std::size_t>(*more_than), std::chrono::milliseconds(*wait));
  return Response{.status = 200, .body = trace::to_otlp_json(spans)};
}

Result<Response> health(const Collector& collector, const TraceForwarder* forwarder) {
  return json_response(200, {{"status", "ok"},
                             {"spans_dropped", collector.dropped()},
                             {"exports_dropped", forwarder == nullptr ? 0 : forwarder->dropped()}});
}

}  // namespace

http::Router control_routes(Supervisor& supervisor, Collector& collector,
                            TraceForwarder* forwarder) {
  http::Router router;
  router.add("GET", "/services", [&](const Request&) { return list_services(supervisor); });
  router.add(
      "POST", "/services/{service}",
      [&](const Request& request) { return act(supervisor, request); }, http::Access::token);
  router.add(
      "POST", "/down", [&](const Request& request) { return down(supervisor, request); },
      http::Access::token);
  router.add("POST", "/v1/traces", [&collector, forwarder](const Request& request) {
    return take_spans(collector, forwarder, request);
  });
  router.add("GET", "/traces",
             [&](const Request& request) { return list_traces(collector, request); });
  router.add("GET", "/traces/{trace_id}",
             [&](const Request& request) { return show_trace(collector, request); });
  router.add("GET", "/healthz",
             [&collector, forwarder](const Request&) { return health(collector, forwarder); });
  return router;
}

}  // namespace msdemo::lab
