#include "commands/service_call.hpp"

#include "base/limits.hpp"
#include "contracts/problem.hpp"

namespace msdemo::commands {

Error with_hint(Error error) {
  if (error.hint.empty()) error.hint = "`msdemo ps` shows how the services are";
  return error;
}

Result<http::ClientResponse> call(http::Client& service, const http::ClientRequest& request,
                                  const trace::Span* parent, std::string_view route) {
  auto answer = service.send(request, limits::kExchangeCeiling, parent, route);
  if (answer && answer->status >= 400) {
    return fail(contracts::from_problem(answer->status, answer->body));
  }
  if (!answer) return fail(with_hint(std::move(answer.error())));
  return answer;
}

Result<Json> ask(http::Client& service, const http::ClientRequest& request) {
  const auto answer = call(service, request);
  if (!answer) return fail(answer.error());
  auto json = parse_json(answer->body);
  if (!json) return fail(Code::invalid_reply, json.error().message);
  return json;
}

Result<Json> ask_admin(const lab::Replica& replica, http::Client& admin,
                       const http::ClientRequest& request) {
  if (auto there = lab::check_admin(replica); !there) return fail(std::move(there.error()));
  return ask(admin, request);
}

}  // namespace msdemo::commands
