#include "contracts/order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "contracts/fields.hpp"

namespace msdemo::contracts {

namespace {

constexpr std::array<std::string_view, 4> kStatusNames = {"pending", "confirmed", "rejected",
                                                          "failed"};

/// The inside of a quoted string, its escapes undone; nothing if the quoting is broken.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  std::string inside;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\') {
      ++i;
      if (i + 1 >= text.size() || (text[i] != '"' && text[i] != '\\')) return std::nullopt;
    }
    inside += text[i];
  }
  return inside;
}

tl::unexpected<Error> not_an_order(std::string_view why) {
  return fail(Code::invalid_reply, fmt::format("the answer is not an order: {}", why));
}

}  // namespace

std::string_view to_string(OrderStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::optional<OrderStatus> parse_order_status(std::string_view text) {
  const auto* name = std::find(kStatusNames.begin(), kStatusNames.end(), text);
  if (name == kStatusNames.end()) return std::nullopt;
  return static_cast<OrderStatus>(name - kStatusNames.begin());
}

Result<NewOrder> parse_new_order(std::string_view body) {
  const auto fields = Fields::parse(body);
  if (!fields) return fail(fields.error());
  const auto user_id = fields->id("user_id");
  if (!user_id) return fail(user_id.error());
  auto item_name = fields->text("item_name");
  if (!item_name) return fail(std::move(item_name.error()));
  return NewOrder{*user_id, std::move(*item_name)};
}

Result<Order> parse_order(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) return not_an_order(json.error().message);
  return order_from_json(*json);
}

Result<Order> order_from_json(const Json& json) {
  try {
    const auto status = parse_order_status(json.at("status").get<std::string>());
    if (!status) return not_an_order("its status is unknown");
    const Json reason = json.value("reason", Json());
    return Order{.id = json.at("id").get<std::int64_t>(),
                 .user_id = json.at("user_id").get<std::int64_t>(),
                 .item_name = json.at("item_name").get<std::string>(),
                 .username = json.value("username", ""),
                 .status = *status,
                 .created_at = json.value("created_at", ""),
                 .reason = reason.is_null() ? "" : reason.get<std::string>(),
                 .stale = json.value("stale", false)};
  } catch (const Json::exception&) {
    return not_an_order("a field is missing or of another type");
  }
}

Result<std::string> parse_idempotency_key(std::string_view header) {
  const bool quoted = !header.empty() && header.front() == '"';
  const auto key = quoted ? unquote(header) : std::optional(std::string(header));
  const bool visible =
      key && std::all_of(key->begin(), key->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!visible || key->empty() || key->size() > limits::kIdempotencyKeyBytes) {
    return invalid("Idempotency-Key",
                   fmt::format("1 to {} visible ASCII characters, bare or quoted",
                               limits::kIdempotencyKeyBytes));
  }
  return *key;
}

Json to_json(const NewOrder& order) {
  return {{"user_id", order.user_id}, {"item_name", order.item_name}};
}

Json to_json(const Order& order) {
  Json json = {{"id", order.id},
               {"user_id", order.user_id},
               {"item_name", order.item_name},
               {"username", order.username},
               {"status", to_string(order.status)},
               {"created_at", order.created_at},
               {"reason", order.reason.empty() ? Json() : Json(order.reason)}};
  if (order.stale) json["stale"] = true;
  return json;
}

Json to_json(const Page<Order>& page) {
  Json orders = Json::array();
  for (const Order& order : page.items) orders.push_back(to_json(order));
  return {{"orders", std::move(orders)}, {"next", page.next ? Json(*page.next) : Json()}};
}

}  // namespace msdemo::contracts
