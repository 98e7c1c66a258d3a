// What travels about orders.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "contracts/page.hpp"

namespace msdemo::contracts {

enum class OrderStatus { pending, confirmed, rejected, failed };

std::string_view to_string(OrderStatus status);
std::optional<OrderStatus> parse_order_status(std::string_view text);

struct NewOrder {
  std::int64_t user_id;
  std::string item_name;  ///< 1…255 code points
};

struct Order {
  std::int64_t id;
  std::int64_t user_id;
  std::string item_name;
  std::string username;  ///< empty while nobody has looked the user up
  OrderStatus status;
  std::string created_at;  ///< RFC 3339, UTC
  std::string reason{};    ///< why it was rejected or failed; else empty
  bool stale = false;      ///< the name is the last one known, from a fallback
};

Result<NewOrder> parse_new_order(std::string_view body);

/// An order as the order service answered it; fails with invalid_reply when it is not one.
Result<Order> parse_order(std::string_view body);
Result<Order> order_from_json(const Json& json);

/// An `Idempotency-Key` header: 1–255 visible ASCII characters, bare or as a quoted string
/// (RFC 9651, section 3.3.3); both spellings are the same key.
Result<std::string> parse_idempotency_key(std::string_view header);

Json to_json(const NewOrder& order);
Json to_json(const Order& order);

/// `{"orders":[…],"next":id or null}`
Json to_json(const Page<Order>& page);

}  // namespace msdemo::contracts
