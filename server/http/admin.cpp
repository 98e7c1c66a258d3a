#include "http/admin.hpp"

#include "contracts/fields.hpp"

namespace msdemo::http {

namespace {

Result<Response> list_faults(const faults::Faults& faults) {
  Json list = Json::array();
  for (const faults::Fault& fault : faults.list()) list.push_back(to_json(fault));
  return json_response(200, {{"faults", std::move(list)}});
}

Result<Response> add_fault(faults::Faults& faults, const Request& request) {
  const auto json = parse_json(request.body());
  if (!json) return fail(json.error());
  auto spec = faults::parse_spec(*json);
  if (!spec) return fail(std::move(spec.error()));
  const auto fault = faults.add(std::move(*spec));
  if (!fault) return fail(fault.error());
  return json_response(200, to_json(*fault));
}

Result<Response> remove_fault(faults::Faults& faults, const Request& request) {
  const auto id = contracts::check_id("id", request.path_parameter());
  if (!id) return fail(id.error());
  return json_response(200, {{"cleared", faults.remove(*id)}});
}

}  // namespace

Router admin_routes(const metrics::Registry& metrics, faults::Faults& faults,
                    std::function<Result<void>()> ready) {
  Router router;
  router.add("GET", "/healthz", [](const Request&) -> Result<Response> {
    return json_response(200, {{"status", "alive"}});
  });
  router.add("GET", "/readyz", [ready = std::move(ready)](const Request&) -> Result<Response> {
    if (const auto is_ready = ready(); !is_ready) return fail(is_ready.error());
    return json_response(200, {{"status", "ready"}});
  });
  router.add("GET", "/metrics", [&metrics](const Request&) -> Result<Response> {
    return Response{200, metrics.expose(), "text/plain; version=0.0.4; charset=utf-8"};
  });
  router.add("GET", "/faults", [&faults](const Request&) { return list_faults(faults); });
  router.add(
      "POST", "/faults", [&faults](const Request& request) { return add_fault(faults, request); },
      Access::token);
  router.add(
      "DELETE", "/faults",
      [&faults](const Request&) {
        return json_response(200, {{"cleared", faults.clear()}});
      },
      Access::token);
  router.add(
      "DELETE", "/faults/{id}",
      [&faults](const Request& request) { return remove_fault(faults, request); }, Access::token);
  return router;
}

}  // namespace msdemo::http
