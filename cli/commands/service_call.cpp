#include "commands/service_call.hpp"

#include "base/limits.hpp"
#include "contracts/problem.hpp"

namespace msdemo::commands {

Result<http::ClientResponse> call(http::Client& service, const http::ClientRequest& request,
                                  const trace::Span* parent, std::string_view route) {
  auto answer = service.send(request, limits::kExchangeCeiling, parent, route);
  if (answer && answer->status >= 400) {
    return fail(contracts::from_problem(answer->status, answer->body));
  }
  if (!answer && answer.error().hint.empty()) {
    answer.error().hint = "`msdemo ps` shows how the services are";
  }
  return answer;
}

}  // namespace msdemo::commands
