// What a request costs before a handler sees it: where it ends, and who answers it.
#include <benchmark/benchmark.h>

#include "http/framing.hpp"
#include "http/router.hpp"

namespace msdemo::http {

namespace {

constexpr std::string_view kRequest =
    "POST /orders HTTP/1.1\r\n"
    "Host: 127.0.0.1:8001\r\n"
    "User-Agent: curl/8.5.0\r\n"
    "Accept: */*\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 32\r\n"
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
    "\r\n"
    R"({"user_id":1,"item_name":"book"})";

void frame_request(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    auto frame = read_frame(kRequest, {});
    benchmark::DoNotOptimize(frame);
  }
}
BENCHMARK(frame_request);

void match_route(benchmark::State& state) {
  Router router;
  const Handler handler = [](const Request&) -> Result<Response> { return Response{}; };
  router.add("POST", "/orders", handler);
  router.add("GET", "/orders/{id}", handler);
  router.add("GET", "/orders", handler);
  for ([[maybe_unused]] auto _ : state) {
    auto match = router.match("GET", "/orders/123456");
    benchmark::DoNotOptimize(match);
  }
}
BENCHMARK(match_route);

}  // namespace

}  // namespace msdemo::http
