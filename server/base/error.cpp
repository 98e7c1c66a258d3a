#include "base/error.hpp"

#include <algorithm>
#include <cstddef>

namespace msdemo {

using namespace exit_status;

const std::vector<CodeInfo>& all_codes() {
  constexpr bool kDefinite = true;
  constexpr bool kIndefinite = false;
  static const std::vector<CodeInfo> table = {
      // clang-format off
      {Code::bad_request, "bad-request", "The request is not well-formed HTTP", 400, kRefused, kDefinite},
      {Code::malformed_json, "malformed-json", "The body is not JSON", 400, kRefused, kDefinite},
      {Code::token_required, "token-required", "The lab's token is missing or wrong", 401, kRefused, kDefinite},
      {Code::foreign_origin, "foreign-origin", "Requests from other web pages are refused", 403, kRefused, kDefinite},
      {Code::not_found, "not-found", "There is nothing at this path", 404, kRefused, kDefinite},
      {Code::user_not_found, "user-not-found", "There is no such user", 404, kRefused, kDefinite},
      {Code::order_not_found, "order-not-found", "There is no such order", 404, kRefused, kDefinite},
      {Code::topic_not_found, "topic-not-found", "There is no such topic", 404, kRefused, kDefinite},
      {Code::group_not_found, "group-not-found", "There is no such group", 404, kRefused, kDefinite},
      {Code::dead_letter_not_found, "dead-letter-not-found", "There is no such dead letter", 404, kRefused, kDefinite},
      {Code::method_not_allowed, "method-not-allowed", "The path exists, but not for this method", 405, kRefused, kDefinite},
      {Code::slow_request, "slow-request", "The request was not complete in time", 408, kRefused, kDefinite},
      {Code::stale_lease, "stale-lease", "A lease has ended, and the message may be with another consumer", 409, kRefused, kDefinite},
      {Code::length_required, "length-required", "A body needs a Content-Length", 411, kRefused, kDefinite},
      {Code::body_too_large, "body-too-large", "The body is too large", 413, kRefused, kDefinite},
      {Code::uri_too_long, "uri-too-long", "The path is too long", 414, kRefused, kDefinite},
      {Code::unsupported_media_type, "unsupported-media-type", "Only plain application/json is understood", 415, kRefused, kDefinite},
      {Code::host_not_allowed, "host-not-allowed", "This Host is not served here", 421, kRefused, kDefinite},
      {Code::invalid_field, "invalid-field", "A field breaks its rule", 422, kRefused, kDefinite},
      {Code::unknown_user, "user-not-found", "The order's user does not exist", 422, kRefused, kDefinite},
      {Code::idempotency_key_reused, "idempotency-key-reused", "The key belongs to another order", 422, kRefused, kDefinite},
      {Code::headers_too_large, "headers-too-large", "The headers are too large", 431, kRefused, kDefinite},
      {Code::internal, "internal", "The service has a bug", 500, kUnknown, kIndefinite},
      {Code::upstream_invalid, "upstream-invalid", "A service behind this one answered nonsense", 502, kRefused, kDefinite},
      {Code::upstream_unavailable, "upstream-unavailable", "A service behind this one refused or broke", 503, kRefused, kDefinite},
      {Code::overloaded, "overloaded", "The service has more work than it can do", 503, kRefused, kDefinite},
      {Code::bulkhead_full, "bulkhead-full", "As many calls as may are under way", 503, kRefused, kDefinite},
      {Code::breaker_open, "breaker-open", "The circuit breaker is open", 503, kRefused, kDefinite},
      {Code::topic_full, "topic-full", "A topic holds as many messages as it may", 503, kRefused, kDefinite},
      {Code::upstream_timeout, "upstream-timeout", "A service behind this one did not answer in time", 504, kRefused, kDefinite},
      {Code::deadline_exceeded, "deadline-exceeded", "The caller's deadline passed before the work began", 504, kRefused, kDefinite},
      {Code::storage_full, "storage-full", "The disk is full", 507, kRefused, kDefinite},
      {Code::unreachable, "unreachable", "Nothing answers at this address", 0, kUnavailable, kDefinite},
      {Code::connection_lost, "connection-lost", "The connection broke before an answer came", 0, kUnknown, kIndefinite},
      {Code::timeout, "timeout", "No answer came in time", 0, kUnknown, kIndefinite},
      {Code::invalid_reply, "invalid-reply", "The answer cannot be understood", 0, kUnknown, kIndefinite},
      {Code::invalid_message, "invalid-message", "The message cannot be understood, however often it comes", 0, kRefused, kDefinite},
      {Code::usage, "usage", "The command cannot be understood", 0, kUsage, kDefinite},
      {Code::no_lab, "no-lab", "No lab is running", 0, kUnavailable, kDefinite},
      {Code::lab_failed, "lab-failed", "The lab could not do it", 0, kRefused, kDefinite},
      // clang-format on
  };
  return table;
}

const CodeInfo& info(Code code) {
  return all_codes().at(static_cast<std::size_t>(code));
}

std::optional<Code> find_code(std::string_view name, int http_status) {
  const auto& rows = all_codes();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const CodeInfo& candidate) {
    return candidate.name == name && candidate.http_status == http_status;
  });
  if (row == rows.end()) return std::nullopt;
  return row->code;
}

}  // namespace msdemo
