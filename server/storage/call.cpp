#include "storage/call.hpp"

#include <string>

namespace msdemo::storage {

std::optional<trace::Span> start_span(const trace::Span* parent, std::string_view name,
                                      std::string_view system) {
  if (parent == nullptr || !parent->recording()) return std::nullopt;
  trace::Span span = parent->child(name, trace::SpanKind::client);
  span.set("db.system.name", std::string(system));
  return span;
}

void note_failure(trace::Span& span, const Result<void>& outcome, bool threw) {
  if (threw) {
    span.fail("the function threw an exception");
    return;
  }
  if (outcome) return;
  switch (outcome.error().code) {
    case Code::internal:
    case Code::storage_full:
    case Code::overloaded:
    case Code::upstream_unavailable:
      span.fail(outcome.error().message);
      break;
    default:
      break;
  }
}

Error disk_is_full() {
  return {Code::storage_full, "there is no room left on the disk; nothing was stored",
          "free some space and try again: the service recovers by itself"};
}

Error too_many_writes() {
  return {Code::overloaded, "too many writes are waiting already",
          "try again when the disk has caught up"};
}

}  // namespace msdemo::storage
