#include "http/admin.hpp"

namespace msdemo::http {

Router admin_routes(const metrics::Registry& metrics, std::function<Result<void>()> ready) {
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
  return router;
}

}  // namespace msdemo::http
