// What a message says: a CloudEvents 1.0 event, as JSON.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace msdemo::messaging {

/// CloudEvents 1.0 (cloudevents/spec, spec.md) with the extensions `correlationid`, `partitionkey`
/// and `traceparent`. `source` and `id` together name an event: two with the same are one event
/// that came twice.
struct Event {
  std::string id;
  std::string source;          ///< `/order`: a URI reference
  std::string type;            ///< `user.lookup.requested`; also the topic it is published to
  std::string time;            ///< RFC 3339
  std::string correlation_id;  ///< the order this is about
  std::string partition_key;
  std::string traceparent{};  ///< W3C; empty if nobody traces it
  Json data;
};

/// The event in CloudEvents' structured JSON form.
std::string to_text(const Event& event);

/// Fails with invalid_message, naming the attribute, when `body` is no CloudEvents 1.0 event with
/// JSON data. Unknown attributes are ignored.
Result<Event> parse_event(std::string_view body);

}  // namespace msdemo::messaging
