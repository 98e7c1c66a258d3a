#include "contracts/messages.hpp"

#include <fmt/format.h>

#include <limits>

namespace msdemo::contracts {

namespace {

tl::unexpected<Error> wrong(std::string_view field, std::string_view rule) {
  return fail(Code::invalid_message, fmt::format("data.{} must be {}", field, rule));
}

Result<std::int64_t> id_of(const Json& data, const char* field) {
  const auto found = data.find(field);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found == data.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() == 0 ||
      found->get<std::uint64_t>() > kMax) {
    return wrong(field, "an integer from 1 to 2^63-1");
  }
  return found->get<std::int64_t>();
}

}  // namespace

Json to_json(const LookupRequested& request) {
  return {{"order_id", request.order_id}, {"user_id", request.user_id}};
}

Json to_json(const LookupReplied& reply) {
  return {{"order_id", reply.order_id},
          {"user_id", reply.user_id},
          {"username", reply.username ? Json(*reply.username) : Json()}};
}

Result<LookupRequested> parse_lookup_requested(const Json& data) {
  const auto order_id = id_of(data, "order_id");
  if (!order_id) return fail(order_id.error());
  const auto user_id = id_of(data, "user_id");
  if (!user_id) return fail(user_id.error());
  return LookupRequested{*order_id, *user_id};
}

Result<LookupReplied> parse_lookup_replied(const Json& data) {
  const auto request = parse_lookup_requested(data);
  if (!request) return fail(request.error());
  LookupReplied reply{request->order_id, request->user_id, std::nullopt};
  const auto username = data.find("username");
  if (username == data.end()) return wrong("username", "a text or null");
  if (username->is_null()) return reply;
  if (!username->is_string()) return wrong("username", "a text or null");
  reply.username = username->get<std::string>();
  return reply;
}

Result<Order> parse_order_event(const Json& data) {
  auto order = order_from_json(data);
  if (!order) return fail(Code::invalid_message, "data is not an order: " + order.error().message);
  return order;
}

}  // namespace msdemo::contracts
