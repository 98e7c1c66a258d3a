// The order trail: server/http/client.cpp -> [server/order/routes.cpp] -> server/order/service.cpp
#include "order/routes.hpp"

#include <fmt/format.h>

#include "contracts/fields.hpp"
#include "http/preference.hpp"

namespace msdemo::embedded {
extern const std::string_view order_openapi;
}

namespace msdemo::order {

namespace {

using contracts::Order;
using contracts::OrderStatus;
using contracts::to_json;
using http::format_applied;
using http::json_response;
using http::parse_preferences;
using http::Preferences;
using http::Request;
using http::Response;

/// 201 with the order that the caller wanted, or 422 if it can never be.
Result<Response> answer_decided(const Order& order) {
  if (order.status == OrderStatus::rejected) {
    return fail(Code::unknown_user, fmt::format("order {} is rejected: {}", order.id, order.reason),
                "create the user first, or order for another one");
  }
  return json_response(201, to_json(order));
}

/// 202, or 201 or 422 if the caller is ready to wait and the order is decided by then.
Result<Response> answer_accepted(OrderService& service, Order order, const Preferences& preferences,
                                 const trace::Span& span) {
  const bool waits = preferences.respond_async && preferences.wait;
  if (waits && order.status == OrderStatus::pending) {
    auto decided = service.wait_until_decided(order.id, *preferences.wait, span);
    if (!decided) return fail(std::move(decided.error()));
    order = std::move(*decided);
  }
  const bool final =
      order.status == OrderStatus::confirmed || order.status == OrderStatus::rejected;
  auto response =
      waits && final ? answer_decided(order) : Result<Response>(json_response(202, to_json(order)));
  if (response && preferences.respond_async) {
    response->headers.emplace_back("Preference-Applied", format_applied(preferences));
  }
  return response;
}

Result<Response> create(OrderService& service, const Request& request) {
  const auto new_order = contracts::parse_new_order(request.body());
  if (!new_order) return fail(new_order.error());
  std::optional<std::string> key;
  if (const auto header = request.header("Idempotency-Key")) {
    auto parsed = contracts::parse_idempotency_key(*header);
    if (!parsed) return fail(std::move(parsed.error()));
    key = std::move(*parsed);
  }
  const Preferences preferences = parse_preferences(request.header("Prefer").value_or(""));
  const auto placed = preferences.respond_async ? service.accept(*new_order, key, request.span())
                                                : service.place(*new_order, key, request.span());
  if (!placed) return fail(placed.error());
  request.span().set("msdemo.order.id", placed->order.id);
  auto response = placed->style == OrderStyle::sync
                      ? Result<Response>(json_response(201, to_json(placed->order)))
                      : answer_accepted(service, placed->order, preferences, request.span());
  if (response) {
    response->headers.emplace_back("Location", fmt::format("/orders/{}", placed->order.id));
  }
  return response;
}

Result<Response> get(OrderService& service, OrderStore& store, const Request& request) {
  const auto id = contracts::check_id("id", request.path_parameter());
  if (!id) return fail(id.error());
  const Preferences preferences = parse_preferences(request.header("Prefer").value_or(""));
  const auto order = preferences.wait
                         ? service.wait_until_decided(*id, *preferences.wait, request.span())
                         : store.find(*id, &request.span());
  if (!order) return fail(order.error());
  Response response = json_response(200, to_json(*order));
  if (preferences.wait) {
    response.headers.emplace_back("Preference-Applied", format_applied({.wait = preferences.wait}));
  }
  return response;
}

Result<Response> list(OrderStore& store, const Request& request) {
  const auto page = contracts::parse_page(request.query("limit"), request.query("after"));
  if (!page) return fail(page.error());
  OrderFilter filter;
  if (const auto text = request.query("status")) {
    filter.status = contracts::parse_order_status(*text);
    if (!filter.status)
      return contracts::invalid("status", "pending, confirmed, rejected or failed");
  }
  if (const auto text = request.query("user_id")) {
    const auto id = contracts::check_id("user_id", *text);
    if (!id) return fail(id.error());
    filter.user_id = *id;
  }
  const auto orders = store.list(*page, filter, &request.span());
  if (!orders) return fail(orders.error());
  return json_response(200, to_json(*orders));
}

}  // namespace

http::Router routes(OrderService& service, OrderStore& store) {
  http::Router router;
  router.add("POST", "/orders", [&](const Request& request) { return create(service, request); });
  router.add("GET", "/orders/{id}",
             [&](const Request& request) { return get(service, store, request); });
  router.add("GET", "/orders", [&](const Request& request) { return list(store, request); });
  router.add("GET", "/openapi.yaml", [](const Request&) -> Result<Response> {
    return Response{200, std::string(embedded::order_openapi), "application/yaml"};
  });
  return router;
}

}  // namespace msdemo::order
