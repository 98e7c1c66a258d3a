// The HTTP server over real sockets: what it refuses, what it bounds, how it ends.
#include "http/server.hpp"

#include <future>
#include <latch>
#include <thread>

#include "http/admin.hpp"
#include "http/client.hpp"
#include "support/catch.hpp"
#include "support/raw_connection.hpp"
#include "trace/traceparent.hpp"

using namespace msdemo;
using namespace msdemo::http;
using namespace std::chrono_literals;
using test::ask;
using test::RawConnection;

namespace {

Router echo_router() {
  Router router;
  router.add("POST", "/echo", [](const Request& request) -> Result<Response> {
    return Response{200, std::string(request.body())};
  });
  router.add("GET", "/things/{id}", [](const Request& request) -> Result<Response> {
    return json_response(200, {{"id", request.path_parameter()},
                               {"q", request.query("q").value_or("none")},
                               {"h", request.header("x-h").value_or("none")}});
  });
  router.add("GET", "/throws",
             [](const Request&) -> Result<Response> { throw std::runtime_error("secret detail"); });
  router.add(
      "POST", "/secret", [](const Request&) -> Result<Response> { return Response{}; },
      Access::token);
  return router;
}

std::unique_ptr<Server> start(Router router = echo_router(), ServerOptions options = {}) {
  options.token = "0123456789abcdef";
  auto server = Server::start(std::move(options), std::move(router), nullptr, nullptr);
  REQUIRE(server);
  return std::move(*server);
}

std::string post(const std::string& path, const std::string& body, const std::string& headers = "",
                 const std::string& type = "application/json") {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

}  // namespace

TEST_CASE("a request reaches its handler with body, parameter, query and headers", "[server]") {
  const auto server = start();
  CHECK(ask(server->port(), post("/echo", "{\"a\":1}")).body == "{\"a\":1}");
  const auto reply = ask(server->port(), get("/things/7?q=a%20b", "X-H: yes\r\n"));
  CHECK(reply.body == R"({"id":"7","q":"a b","h":"yes"})");
}

TEST_CASE("a connection serves one request after the other, also when they come at once",
          "[server]") {
  const auto server = start();
  RawConnection connection(server->port());
  connection.send(get("/things/1") + post("/echo", "{}") + get("/nothing") + get("/things/2"));
  CHECK(connection.receive().status == 200);
  CHECK(connection.receive().body == "{}");
  CHECK(connection.receive().problem() == "not-found");
  CHECK(connection.receive().body.find("\"2\"") != std::string::npos);
}

TEST_CASE("a request may arrive byte by byte", "[server]") {
  const auto server = start();
  RawConnection connection(server->port());
  for (const char c : post("/echo", "{\"slow\":true}")) connection.send(std::string_view(&c, 1));
  CHECK(connection.receive().body == "{\"slow\":true}");
}

TEST_CASE("every refusal is a problem document with its status", "[server]") {
  const auto server = start();
  struct Case {
    std::string bytes;
    int status;
    std::string problem;
  };
  const std::string json = "Content-Type: application/json\r\n";
  const std::vector<Case> cases = {
      {"nonsense\r\n\r\n", 400, "bad-request"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400,
       "bad-request"},
      {get("/nothing"), 404, "not-found"},
      {"DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method-not-allowed"},
      {"BREW /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method-not-allowed"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411,
       "length-required"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10485760\r\n\r\n", 413,
       "body-too-large"},
      {get("/" + std::string(300, 'x')), 414, "uri-too-long"},
      {post("/echo", "{}", "", "text/plain"), 415, "unsupported-media-type"},
      {post("/echo", "{}", "Content-Encoding: gzip\r\n"), 415, "unsupported-media-type"},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 415,
       "unsupported-media-type"},
      {"GET /echo HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "host-not-allowed"},
      {"GET /echo HTTP/1.1\r\nHost: localhost.evil.example:80\r\n\r\n", 421, "host-not-allowed"},
      {get("/things/1", "Origin: http://evil.example\r\n"), 403, "foreign-origin"},
      {get("/things/1", "Origin: null\r\n"), 403, "foreign-origin"},
      {post("/echo", "{}", "Sec-Fetch-Site: cross-site\r\n"), 403, "foreign-origin"},
      {get("/things/1", "X: " + std::string(100'000, 'y') + "\r\n"), 431, "headers-too-large"},
      {get("/throws"), 500, "internal"},
      {post("/secret", ""), 401, "token-required"},
      {post("/secret", "", "Authorization: Bearer 0123456789abcdeX\r\n"), 401, "token-required"},
  };
  for (const Case& each : cases) {
    INFO(each.bytes.substr(0, 120));
    const auto reply = ask(server->port(), each.bytes);
    CHECK(reply.status == each.status);
    CHECK(reply.problem() == each.problem);
    const auto document = parse_json(reply.body);
    REQUIRE(document);
    CHECK(document->at("status") == each.status);
    CHECK(document->at("trace_id").get<std::string>().size() == 32);
    CHECK(reply.body.find("secret detail") == std::string::npos);
    CHECK(ask(server->port(), get("/things/1")).status == 200);
  }
}

TEST_CASE("what is right is not refused with what is wrong", "[server]") {
  ServerOptions options;
  options.allowed_hosts = {"shop.example", "other.example:8000"};
  const auto server = start(echo_router(), options);
  const int port = server->port();
  CHECK(ask(port, post("/secret", "", "Authorization: Bearer 0123456789abcdef\r\n")).status == 200);
  CHECK(ask(port, post("/echo", "{}", "", "Application/JSON; charset=utf-8")).status == 200);
  for (const char* host :
       {"127.0.0.1", "LOCALHOST:1", "[::1]:80", "[::1]", "shop.example:99", "other.example:8000"}) {
    INFO(host);
    CHECK(ask(port, std::string("GET /things/1 HTTP/1.1\r\nHost: ") + host + "\r\n\r\n").status ==
          200);
  }
  CHECK(ask(port, "GET /things/1 HTTP/1.1\r\nHost: other.example:9\r\n\r\n").status == 421);
  CHECK(ask(port, get("/things/1", "Origin: http://localhost:5000\r\n")).status == 200);
}

TEST_CASE("a 405 names the methods that are allowed", "[server]") {
  const auto server = start();
  CHECK(ask(server->port(),
            "PUT /things/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            "0\r\n\r\n")
            .says("Allow: GET, HEAD"));
}

TEST_CASE("after an early refusal the answer arrives although the body was not read", "[server]") {
  const auto server = start();
  RawConnection connection(server->port());
  connection.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10485760\r\n\r\n");
  connection.send(std::string(200'000, 'x'));
  const auto reply = connection.receive();
  CHECK(reply.status == 413);
  CHECK(reply.says("Connection: close"));
  CHECK(connection.closed_by_peer());
}

TEST_CASE("the bytes after a refused request are never taken for another request", "[server]") {
  const auto server = start();
  RawConnection connection(server->port());
  connection.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
                  get("/things/smuggled"));
  CHECK(connection.receive().status == 411);
  CHECK(connection.closed_by_peer());
}

TEST_CASE("a client that is too slow gets 408, one that sends nothing is let go", "[server]") {
  ServerOptions options;
  options.request_complete = 100ms;
  options.idle_connection = 200ms;
  const auto server = start(echo_router(), options);
  RawConnection slow(server->port());
  slow.send("GET /things/1 HT");
  const auto reply = slow.receive();
  CHECK(reply.status == 408);
  CHECK(reply.problem() == "slow-request");
  CHECK(slow.closed_by_peer());

  RawConnection silent(server->port());
  CHECK(silent.closed_by_peer());
}

TEST_CASE("a client that leaves in the middle of its body harms nobody", "[server]") {
  const auto server = start();
  {
    RawConnection gone(server->port());
    gone.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"half\":");
  }
  RawConnection half(server->port());
  half.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
  half.finish_sending();
  CHECK(half.closed_by_peer());
  CHECK(ask(server->port(), get("/things/1")).status == 200);
}

TEST_CASE("a client that stops sending still gets its answer", "[server]") {
  const auto server = start();
  RawConnection connection(server->port());
  connection.send(get("/things/1"));
  connection.finish_sending();
  CHECK(connection.receive().status == 200);
}

TEST_CASE("a client that waits for permission to send its body gets it", "[server]") {
  const auto server = start();
  RawConnection connection(server->port());
  connection.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(connection.receive().status == 100);
  connection.send("{}");
  const auto reply = connection.receive();
  CHECK(reply.status == 200);
  CHECK(reply.body == "{}");
}

TEST_CASE("hundreds of idle connections do not keep others from being served", "[server]") {
  ServerOptions options;
  options.threads = 2;
  const auto server = start(echo_router(), options);
  std::vector<RawConnection> idle;
  for (int i = 0; i < 400; ++i) idle.emplace_back(server->port());
  CHECK(ask(server->port(), get("/things/1")).status == 200);
  idle.back().send(get("/things/2"));
  CHECK(idle.back().receive().status == 200);
}

TEST_CASE("a second server on the same port is refused, naming it", "[server]") {
  const auto server = start();
  ServerOptions options;
  options.port = server->port();
  const auto second = Server::start(options, echo_router(), nullptr, nullptr);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::lab_failed);
  CHECK(second.error().message.find(std::to_string(server->port())) != std::string::npos);
}

TEST_CASE("stopping answers what has begun, closes what is idle and refuses what is new",
          "[server]") {
  std::promise<void> entered;
  std::promise<void> gate;
  Router router = echo_router();
  router.add("GET", "/gate", [&](const Request&) -> Result<Response> {
    entered.set_value();
    gate.get_future().wait();
    return Response{200, "done"};
  });
  const auto server = start(std::move(router));
  RawConnection idle(server->port());
  idle.send(get("/things/1"));
  CHECK(idle.receive().status == 200);
  RawConnection busy(server->port());
  busy.send(get("/gate"));
  entered.get_future().wait();

  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  CHECK(idle.closed_by_peer());
  const auto refused =
      connect_to("127.0.0.1", server->port(), std::chrono::steady_clock::now() + 1s);
  CHECK_FALSE(refused);
  gate.set_value();
  const auto reply = busy.receive();
  CHECK(reply.status == 200);
  CHECK(reply.body == "done");
  CHECK(busy.closed_by_peer());
  stopped.get();
}

TEST_CASE("health, readiness and metrics are told apart", "[server]") {
  metrics::Registry metrics;
  auto service = Server::start({}, echo_router(), nullptr, &metrics);
  std::atomic<bool> ready = true;
  Rng rng(1);
  faults::Faults faults(real_clock(), rng);
  auto admin = Server::start({},
                             admin_routes(metrics, faults,
                                          [&]() -> Result<void> {
                                            if (ready) return {};
                                            return fail(Code::overloaded, "draining");
                                          }),
                             nullptr, nullptr);
  REQUIRE(admin);
  ask((*service)->port(), get("/things/1"));
  ask((*service)->port(), get("/throws"));
  CHECK(ask((*admin)->port(), get("/readyz")).status == 200);
  ready = false;
  CHECK(ask((*admin)->port(), get("/readyz")).status == 503);
  CHECK(ask((*admin)->port(), get("/healthz")).status == 200);
  const auto text = ask((*admin)->port(), get("/metrics")).body;
  CHECK(ask((*admin)->port(), get("/faults")).body == R"({"faults":[]})");
  const std::string name = "http_server_request_duration_seconds_count";
  CHECK(text.find(name + R"({method="GET",route="/things/{id}",status="200"} 1)") != text.npos);
  CHECK(text.find(name + R"({method="GET",route="/throws",status="500"} 1)") != text.npos);
}
