// What the services tell each other by message: the topics, and the data of each event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "contracts/order.hpp"

namespace msdemo::contracts {

/// An event's type is the name of its topic (docs/reference/asyncapi.yaml).
namespace topics {
inline constexpr std::string_view kLookupRequested = "user.lookup.requested";
inline constexpr std::string_view kLookupReplied = "user.lookup.replied";
inline constexpr std::string_view kOrderConfirmed = "order.confirmed";
inline constexpr std::string_view kOrderRejected = "order.rejected";
inline constexpr std::string_view kDeadSuffix = ".dead";
}  // namespace topics

/// The order service asks who a user is.
struct LookupRequested {
  std::int64_t order_id;
  std::int64_t user_id;
};

/// The user service answers; without a name there is no such user.
struct LookupReplied {
  std::int64_t order_id;
  std::int64_t user_id;
  std::optional<std::string> username;
};

Json to_json(const LookupRequested& request);
Json to_json(const LookupReplied& reply);

/// These read an event's data and fail with invalid_message, naming the field. Unknown fields are
/// ignored. The data of `order.confirmed` and `order.rejected` is the order, as over HTTP.
Result<LookupRequested> parse_lookup_requested(const Json& data);
Result<LookupReplied> parse_lookup_replied(const Json& data);
Result<Order> parse_order_event(const Json& data);

}  // namespace msdemo::contracts
