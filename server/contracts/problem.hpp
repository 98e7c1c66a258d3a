// Errors as they travel between services: RFC 9457 problem documents.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace msdemo::contracts {

inline constexpr std::string_view kProblemMediaType = "application/problem+json";

/// `type`, `title`, `status`, `detail`, `trace_id`, and `field` or `hint` where the error has one.
/// An internal error's message stays inside: its `detail` says where to look instead.
Json to_problem(const Error& error, std::string_view trace_id);

/// The error that a service answered with `http_status` and `body`. Anything that is not one of our
/// problem documents becomes invalid_reply, saying what came.
Error from_problem(int http_status, std::string_view body);

}  // namespace msdemo::contracts
