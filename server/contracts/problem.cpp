#include "contracts/problem.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace msdemo::contracts {

namespace {

constexpr std::string_view kTypePrefix = "urn:msdemo:problem:";
constexpr std::size_t kQuotedBytes = 120;

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Json to_problem(const Error& error, std::string_view trace_id) {
  const CodeInfo& row = info(error.code);
  Json problem = {{"type", fmt::format("{}{}", kTypePrefix, row.name)},
                  {"title", row.title},
                  {"status", row.http_status},
                  {"detail", error.code == Code::internal
                                 ? "the service's log tells more; look for this trace_id"
                                 : error.message},
                  {"trace_id", trace_id}};
  if (!error.field.empty()) problem["field"] = error.field;
  if (!error.hint.empty()) problem["hint"] = error.hint;
  return problem;
}

Error from_problem(int http_status, std::string_view body) {
  const auto json = parse_json(body);
  const bool object = json && json->is_object();
  const std::string type = object ? text(*json, "type") : std::string();
  const bool ours = type.rfind(kTypePrefix, 0) == 0;
  const auto code = ours ? find_code(type.substr(kTypePrefix.size()), http_status) : std::nullopt;
  if (!code) {
    return Error{.code = Code::invalid_reply,
                 .message = fmt::format("HTTP {} with a body that is no problem document: {}",
                                        http_status, escape_control(body.substr(0, kQuotedBytes)))};
  }
  return Error{.code = *code,
               .message = text(*json, "detail"),
               .hint = text(*json, "hint"),
               .field = text(*json, "field"),
               .trace_id = text(*json, "trace_id")};
}

}  // namespace msdemo::contracts
