#include "commands/service_call.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "contracts/problem.hpp"

namespace msdemo::commands {

std::string encode_query(std::string_view text) {
  constexpr std::string_view kMarks = "-._~";
  std::string out;
  for (const char c : text) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || kMarks.find(c) != kMarks.npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

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

}  // namespace msdemo::commands
