// The one table of everything that can be expected to go wrong, and the Result that carries it.
// It exists so that an HTTP status, an exit code and "did it happen?" are decided in one place.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace msdemo {

enum class Code {
  // Answered by a service (see docs/reference/errors.md).
  bad_request,
  malformed_json,
  token_required,
  foreign_origin,
  not_found,
  user_not_found,
  order_not_found,
  topic_not_found,
  group_not_found,
  dead_letter_not_found,
  method_not_allowed,
  slow_request,
  stale_lease,
  length_required,
  body_too_large,
  uri_too_long,
  unsupported_media_type,
  host_not_allowed,
  invalid_field,
  unknown_user,
  idempotency_key_reused,
  headers_too_large,
  internal,
  upstream_invalid,
  upstream_unavailable,
  overloaded,
  bulkhead_full,
  breaker_open,
  topic_full,
  upstream_timeout,
  deadline_exceeded,
  storage_full,
  // Seen by a caller or a consumer.
  unreachable,
  connection_lost,
  timeout,
  invalid_reply,
  invalid_message,
  // Said by the command line.
  usage,
  no_lab,
  lab_failed,
};

/// One row of the table.
struct CodeInfo {
  Code code;
  std::string_view name;   ///< stable; the last part of `urn:msdemo:problem:<name>`
  std::string_view title;  ///< one line for people, the same for every occurrence
  int http_status;         ///< 0 when no service answers with it
  int exit_status;         ///< of the command line (docs/reference/cli.md)
  bool definite;           ///< true: the caller's operation certainly did not happen
};

const CodeInfo& info(Code code);

/// Every row, in the order of the enumeration.
const std::vector<CodeInfo>& all_codes();

/// The code that a problem document's name and status stand for (a name may serve two statuses).
std::optional<Code> find_code(std::string_view name, int http_status);

/// An expected failure. `message` is for the person who caused it: it names the field, the rule
/// and the value's kind, never an internal detail.
struct Error {
  Code code;
  std::string message;
  std::string hint{};                   ///< what to do next; may be empty
  std::string field{};                  ///< the offending field, for invalid_field
  std::vector<std::string> allow{};     ///< methods, for method_not_allowed
  std::string trace_id{};               ///< as told by the service that failed; may be empty
  std::chrono::seconds retry_after{1};  ///< for answers that are temporary

  bool definite() const { return info(code).definite; }
  std::string_view name() const { return info(code).name; }
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(Code::not_found, "no order 7");`
inline tl::unexpected<Error> fail(Code code, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

/// The exit codes of the command line.
namespace exit_status {
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;  ///< the system answered no
inline constexpr int kUnknown = 2;  ///< nobody knows whether it happened
inline constexpr int kUsage = 64;
inline constexpr int kUnavailable = 69;
inline constexpr int kInternal = 70;
}  // namespace exit_status

}  // namespace msdemo
