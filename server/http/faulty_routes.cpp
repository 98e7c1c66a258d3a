#include "http/faulty_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/duration.hpp"
#include "contracts/problem.hpp"

namespace msdemo::http {

namespace {

using faults::Effect;
using faults::Outcome;
using std::chrono::microseconds;

/// How often whoever hangs looks whether the caller is still there.
constexpr std::chrono::milliseconds kHangLook{20};

constexpr std::string_view kProxyPage =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>proxy</center>\r\n"
    "</body>\r\n</html>\r\n";

const Response kNoAnswer{.status = 0, .body = {}, .drop = true};

/// A problem document as a service that is really in this state would send it, but for its detail.
Response problem(int status, const std::string& detail, const trace::Span& span) {
  const auto row = std::ranges::find(all_codes(), status, &CodeInfo::http_status);
  const bool known = row != all_codes().end();
  const Json document = {
      {"type", fmt::format("urn:msdemo:problem:{}", known ? row->name : "fault")},
      {"title", known ? row->title : "A fault made this answer"},
      {"status", status},
      {"detail", detail},
      {"trace_id", span.context().trace_id.hex()}};
  return {status, dump_json(document), std::string(contracts::kProblemMediaType)};
}

/// Fails with deadline_exceeded if the work has become work for nobody.
Result<void> wait_first(const Request& request, microseconds length, const StopSignal& stop) {
  const auto deadline = request.deadline();
  const SteadyTime began = real_clock().steady_now();
  stop.wait(deadline ? std::min<std::chrono::nanoseconds>(length, *deadline - began)
                     : std::chrono::nanoseconds(length));
  const SteadyTime now = real_clock().steady_now();
  if (!deadline || now < *deadline) return {};
  const auto waited = std::chrono::duration_cast<microseconds>(now - began);
  std::string rule = fmt::format("the deadline passed after {} of a wait of {}: no work is done",
                                 format_duration(waited), format_duration(length));
  request.span().decide("policy.deadline", rule);
  return fail(Code::deadline_exceeded, std::move(rule));
}

void hang(const Request& request, microseconds length, const StopSignal& stop) {
  const SteadyTime until = real_clock().steady_now() + length;
  while (!request.abandoned()) {
    const auto left = until - real_clock().steady_now();
    if (left <= left.zero()) return;
    if (!stop.wait(std::min<std::chrono::nanoseconds>(left, kHangLook))) return;
  }
}

/// The true answer, a refusal's problem document included, without its second half.
Response cut(const Result<Response>& answer, const trace::Span& span) {
  Response response =
      answer ? *answer
             : Response{
                   info(answer.error().code).http_status,
                   dump_json(contracts::to_problem(answer.error(), span.context().trace_id.hex())),
                   std::string(contracts::kProblemMediaType)};
  response.body.resize(response.body.size() / 2);
  return response;
}

Result<Response> suffer(const Effect& effect, const Handler& handler, const Request& request,
                        const StopSignal& stop) {
  trace::Span& span = request.span();
  for (const auto& [name, rule] : effect.decisions) span.decide(name, rule);
  if (effect.wait.count() > 0) {
    if (auto waited = wait_first(request, effect.wait, stop); !waited) {
      return fail(std::move(waited.error()));
    }
  }
  if (effect.outcome == Outcome::untouched) return handler(request);
  if (effect.outcome != Outcome::error || effect.status >= 500) span.fail(effect.rule);
  switch (effect.outcome) {
    case Outcome::error:
      return problem(effect.status, effect.rule, span);
    case Outcome::cut:
      return cut(handler(request), span);
    case Outcome::html:
      static_cast<void>(handler(request));
      return Response{200, std::string(kProxyPage), "text/html"};
    case Outcome::hang:
      hang(request, effect.hang, stop);
      return kNoAnswer;
    case Outcome::drop_after:
      static_cast<void>(handler(request));
      return kNoAnswer;
    default:
      return kNoAnswer;
  }
}

}  // namespace

Router with_faults(const Router& routes, faults::Faults& faults, const StopSignal& stop) {
  Router faulty;
  for (const Route& route : routes.routes()) {
    faults.add_route(fmt::format("{} {}", route.method, route.pattern));
    faulty.add(
        route.method, route.pattern,
        [route, &faults, &stop](const Request& request) {
          const Effect effect = faults.meet_request(route.method, route.pattern);
          return suffer(effect, route.handler, request, stop);
        },
        route.access);
  }
  return faulty;
}

}  // namespace msdemo::http
