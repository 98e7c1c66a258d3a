// The order trail: server/order/service.cpp -> [server/user/routes.cpp] -> server/order/store.cpp
#include "user/routes.hpp"

#include <fmt/format.h>

#include "contracts/fields.hpp"
#include "contracts/user.hpp"

namespace msdemo::embedded {
extern const std::string_view user_openapi;
}

namespace msdemo::user {

namespace {

using contracts::to_json;
using http::json_response;
using http::Request;
using http::Response;

Result<Response> create(UserStore& store, const Request& request) {
  const auto new_user = contracts::parse_new_user(request.body());
  if (!new_user) return fail(new_user.error());
  const auto user = store.add(*new_user, &request.span());
  if (!user) return fail(user.error());
  Response response = json_response(201, to_json(*user));
  response.headers.emplace_back("Location", fmt::format("/users/{}", user->id));
  return response;
}

Result<Response> get(UserStore& store, const Request& request) {
  const auto id = contracts::check_id("id", request.path_parameter());
  if (!id) return fail(id.error());
  const auto user = store.find(*id, &request.span());
  if (!user) return fail(user.error());
  return json_response(200, to_json(*user));
}

Result<Response> list(UserStore& store, const Request& request) {
  const auto page = contracts::parse_page(request.query("limit"), request.query("after"));
  if (!page) return fail(page.error());
  const auto users = store.list(*page, &request.span());
  if (!users) return fail(users.error());
  return json_response(200, to_json(*users));
}

}  // namespace

http::Router routes(UserStore& store) {
  http::Router router;
  router.add("POST", "/users", [&](const Request& request) { return create(store, request); });
  router.add("GET", "/users/{id}", [&](const Request& request) { return get(store, request); });
  router.add("GET", "/users", [&](const Request& request) { return list(store, request); });
  router.add("GET", "/openapi.yaml", [](const Request&) -> Result<Response> {
    return Response{200, std::string(embedded::user_openapi), "application/yaml"};
  });
  return router;
}

}  // namespace msdemo::user
