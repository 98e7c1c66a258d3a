// The calls of a trace, each with all its attempts. It exists because a protected caller asks more
// than once, and what that cost is seen only when its attempts are put together again.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "trace/span.hpp"

namespace msdemo::timeline {

/// What one span asked of another service. The spans must outlive it.
struct Call {
  std::string service;                               ///< who asked
  std::string peer;                                  ///< whom
  std::string name;                                  ///< `GET /users/{id}`
  std::vector<const trace::SpanRecord*> attempts{};  ///< by start; never empty
};

/// By the start of their first attempt. Client spans are attempts of one call if they have the same
/// parent, callee, name and path.
std::vector<Call> calls_of(std::span<const trace::SpanRecord> spans);

/// No answer came, or one that is an error.
bool failed(const trace::SpanRecord& attempt);

/// What came of an attempt: `200 in 2.1 ms`, `unreachable after 0.22 ms`, `no answer within 200
/// ms`.
std::string outcome_of(const trace::SpanRecord& attempt);

/// For an attempt without an answer in time: `200 ms deadline, user answered after 1,003 ms`, or
/// that it gave up, or had not answered, as far as `spans` tell.
std::string lateness_of(const trace::SpanRecord& attempt, std::span<const trace::SpanRecord> spans);

/// Whether the attempt ended because its deadline did: the caller waited no longer, or the callee
/// gave up a moment earlier.
bool too_late(const trace::SpanRecord& attempt, std::span<const trace::SpanRecord> spans);

/// How long the span lasted; never negative.
std::int64_t duration_of(const trace::SpanRecord& span);

}  // namespace msdemo::timeline
