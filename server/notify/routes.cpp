#include "notify/routes.hpp"

#include "contracts/fields.hpp"
#include "contracts/receipt.hpp"

namespace msdemo::embedded {
extern const std::string_view notify_openapi;
}

namespace msdemo::notify {

namespace {

using http::Request;
using http::Response;

Result<Response> list(ReceiptStore& store, const Request& request) {
  const auto page = contracts::parse_page(request.query("limit"), request.query("after"));
  if (!page) return fail(page.error());
  std::optional<std::int64_t> order_id;
  if (const auto text = request.query("order_id")) {
    const auto id = contracts::check_id("order_id", *text);
    if (!id) return fail(id.error());
    order_id = *id;
  }
  const auto receipts = store.list(*page, order_id, &request.span());
  if (!receipts) return fail(receipts.error());
  return http::json_response(200, contracts::to_json(*receipts));
}

}  // namespace

http::Router routes(ReceiptStore& store) {
  http::Router router;
  router.add("GET", "/receipts", [&](const Request& request) { return list(store, request); });
  router.add("GET", "/openapi.yaml", [](const Request&) -> Result<Response> {
    return Response{200, std::string(embedded::notify_openapi), "application/yaml"};
  });
  return router;
}

}  // namespace msdemo::notify
