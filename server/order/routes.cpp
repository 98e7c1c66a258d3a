// The order trail: server/http/client.cpp -> [server/order/routes.cpp] -> server/order/service.cpp
#include "order/routes.hpp"

#include <fmt/format.h>

#include "contracts/fields.hpp"

namespace msdemo::embedded {
extern const std::string_view order_openapi;
}

namespace msdemo::order {

namespace {

using contracts::to_json;
using http::json_response;
using http::Request;
using http::Response;

Result<Response> create(OrderService& service, const Request& request) {
  const auto new_order = contracts::parse_new_order(request.body());
  if (!new_order) return fail(new_order.error());
  std::optional<std::string> key;
  if (const auto header = request.header("Idempotency-Key")) {
    auto parsed = contracts::parse_idempotency_key(*header);
    if (!parsed) return fail(std::move(parsed.error()));
    key = std::move(*parsed);
  }
  const auto order = service.place(*new_order, key, request.span());
  if (!order) return fail(order.error());
  Response response = json_response(201, to_json(*order));
  response.headers.emplace_back("Location", fmt::format("/orders/{}", order->id));
  return response;
}

Result<Response> get(OrderStore& store, const Request& request) {
  const auto id = contracts::check_id("id", request.path_parameter());
  if (!id) return fail(id.error());
  const auto order = store.find(*id, &request.span());
  if (!order) return fail(order.error());
  return json_response(200, to_json(*order));
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
  router.add("GET", "/orders/{id}", [&](const Request& request) { return get(store, request); });
  router.add("GET", "/orders", [&](const Request& request) { return list(store, request); });
  router.add("GET", "/openapi.yaml", [](const Request&) -> Result<Response> {
    return Response{200, std::string(embedded::order_openapi), "application/yaml"};
  });
  return router;
}

}  // namespace msdemo::order
