// The HTTP client against servers that behave, and against sockets that do not: it comes back in
// time, and tells whether the request can have happened.
#include "http/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <thread>

#include "http/server.hpp"
#include "http/socket.hpp"
#include "support/catch.hpp"
#include "support/recording_sink.hpp"

using namespace msdemo;
using namespace msdemo::http;
using namespace std::chrono_literals;

namespace {

/// Listens on loopback and hands each connection to `serve`, on a thread of its own.
class SocketPeer {
 public:
  using Serve = std::function<void(const FileDescriptor& socket, int nth)>;

  explicit SocketPeer(Serve serve)
      : listener_(*listen_on("127.0.0.1", 0, 16)),
        port_(local_port(listener_.get())),
        thread_([this, serve = std::move(serve)] {
          for (int nth = 1;; ++nth) {
            pollfd entry{listener_.get(), POLLIN, 0};
            while (::poll(&entry, 1, 10) == 0) {
              if (done_) return;
            }
            const FileDescriptor socket(::accept(listener_.get(), nullptr, nullptr));
            if (!socket.open() || done_) return;
            serve(socket, nth);
          }
        }) {}
  ~SocketPeer() {
    done_ = true;
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  FileDescriptor listener_;
  int port_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

void read_request(const FileDescriptor& socket) {
  char chunk[4096];
  const auto soon = std::chrono::steady_clock::now() + 5s;
  if (wait_for(socket.get(), POLLIN, soon)) {
    const auto count = ::recv(socket.get(), chunk, sizeof chunk, 0);
    static_cast<void>(count);
  }
}

void reply(const FileDescriptor& socket, std::string_view bytes) {
  send_all(socket.get(), bytes, std::chrono::steady_clock::now() + 5s);
}

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

void wait_for_close(const FileDescriptor& socket) {
  char byte = 0;
  const auto soon = std::chrono::steady_clock::now() + 5s;
  while (wait_for(socket.get(), POLLIN, soon) && ::recv(socket.get(), &byte, 1, 0) > 0) {
  }
}

}  // namespace

TEST_CASE("nobody there is definite: nothing was sent", "[client]") {
  int port = 0;
  {
    const auto listener = listen_on("127.0.0.1", 0, 1);
    port = local_port(listener->get());
  }
  Client client("http://127.0.0.1:" + std::to_string(port));
  const auto answer = client.send({.method = "POST"}, 1s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::unreachable);
  CHECK(answer.error().definite());
}

TEST_CASE("no answer in time is indefinite, and the deadline holds for the whole exchange",
          "[client]") {
  // One byte at a time would satisfy a deadline per read for ever.
  const SocketPeer peer([](const FileDescriptor& socket, int) {
    read_request(socket);
    const std::string_view drip = kOk;
    for (std::size_t i = 0; i + 1 < drip.size(); ++i) {
      if (::send(socket.get(), drip.data() + i, 1, MSG_NOSIGNAL) < 0) return;
      pollfd entry{socket.get(), POLLIN, 0};
      if (::poll(&entry, 1, 20) > 0) return;
    }
  });
  Client client(peer.url());
  const auto began = std::chrono::steady_clock::now();
  const auto answer = client.send({.method = "POST", .body = "{}"}, 150ms);
  const auto took = std::chrono::steady_clock::now() - began;
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::timeout);
  CHECK_FALSE(answer.error().definite());
  CHECK(took >= 150ms);
  CHECK(took < 2s);
}

TEST_CASE("a connection that breaks before the answer leaves the outcome unknown", "[client]") {
  const SocketPeer peer([](const FileDescriptor& socket, int) { read_request(socket); });
  Client client(peer.url());
  const auto answer = client.send({.method = "POST", .body = "{}"}, 5s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::connection_lost);
  CHECK_FALSE(answer.error().definite());
}

TEST_CASE("an answer that is no HTTP, or breaks off, is invalid", "[client]") {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"}) {
    const SocketPeer peer([bytes](const FileDescriptor& socket, int) {
      read_request(socket);
      reply(socket, bytes);
    });
    Client client(peer.url());
    const auto answer = client.send({}, 5s);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::invalid_reply);
  }
}

TEST_CASE("a kept connection found closed is replaced, so that a restart goes unnoticed",
          "[client]") {
  std::atomic<int> connections = 0;
  const SocketPeer peer([&](const FileDescriptor& socket, int nth) {
    connections = nth;
    read_request(socket);
    reply(socket, kOk);
  });
  Client client(peer.url());
  CHECK(client.send({}, 5s));
  CHECK(client.send({.method = "POST", .body = "{}"}, 5s));
  CHECK(connections == 2);
}

TEST_CASE("a reading request is repeated when its kept connection breaks, a writing one is not",
          "[client]") {
  const auto break_on_second_request = [](const FileDescriptor& socket, int nth) {
    read_request(socket);
    reply(socket, kOk);
    if (nth == 1) read_request(socket);  // taken, never answered
  };
  {
    const SocketPeer peer(break_on_second_request);
    Client client(peer.url());
    REQUIRE(client.send({}, 5s));
    CHECK(client.send({}, 5s));
  }
  {
    const SocketPeer peer(break_on_second_request);
    Client client(peer.url());
    REQUIRE(client.send({}, 5s));
    const auto answer = client.send({.method = "POST", .body = "{}"}, 5s);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::connection_lost);
  }
}

TEST_CASE("connections are kept and shared among threads, one exchange each", "[client]") {
  std::atomic<int> connections = 0;
  const SocketPeer peer([&](const FileDescriptor& socket, int nth) {
    connections = nth;
    for (int i = 0; i < 3; ++i) {
      read_request(socket);
      reply(socket, kOk);
    }
    wait_for_close(socket);
  });
  {
    Client client(peer.url());
    for (int i = 0; i < 3; ++i) CHECK(client.send({}, 5s)->body == "hi");
  }
  CHECK(connections == 1);
}

TEST_CASE("a request and its answer each leave in one segment, so that Nagle cannot hold them",
          "[client]") {
  Router router;
  router.add("POST", "/echo", [](const Request& request) -> Result<Response> {
    return Response{200, std::string(request.body())};
  });
  const auto server = Server::start({}, std::move(router), nullptr, nullptr);
  REQUIRE(server);
  Client client((*server)->url());
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    CHECK(client.send({.method = "POST", .target = "/echo", .body = "{}"}, 5s)->status == 200);
  }
  // Delayed acknowledgements would cost 40 ms in each direction of each exchange: 4 s at least.
  CHECK(std::chrono::steady_clock::now() - began < 3s);
}

TEST_CASE("a call is a span of its caller, and its traceparent reaches the callee", "[client]") {
  test::RecordingSink sink;
  trace::Recorder recorder(sink);
  trace::Sampler sampler(real_clock(), trace::Sampler::Rule::always);
  Rng rng(7);
  const trace::Tracer caller("client", recorder, sampler, real_clock(), rng);
  const trace::Tracer callee("order", recorder, sampler, real_clock(), rng);
  Router router;
  router.add("GET", "/things/{id}", [](const Request& request) -> Result<Response> {
    const trace::Span inner = request.span().child("inside");
    return fail(Code::order_not_found, "no thing");
  });
  {
    const auto server = Server::start({}, std::move(router), &callee, nullptr);
    REQUIRE(server);
    Client client((*server)->url(), "order");
    const trace::Span root = caller.start("root", trace::SpanKind::internal, std::nullopt);
    const auto answer = client.send({.target = "/things/7"}, 5s, &root, "/things/{id}");
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(answer->header("Traceresponse").value_or("").find(root.context().trace_id.hex()) == 3);
  }
  recorder.flush();
  const auto spans = sink.spans();
  REQUIRE(spans.size() == 4);
  const auto named = [&](std::string_view name, trace::SpanKind kind) {
    for (const auto& span : spans) {
      if (span.name == name && span.kind == kind) return span;
    }
    FAIL("no span " << name);
    return spans[0];
  };
  const auto call = named("GET /things/{id}", trace::SpanKind::client);
  const auto served = named("GET /things/{id}", trace::SpanKind::server);
  CHECK(call.parent_span_id == named("root", trace::SpanKind::internal).span_id);
  CHECK(served.parent_span_id == call.span_id);
  CHECK(named("inside", trace::SpanKind::internal).parent_span_id == served.span_id);
  CHECK(call.status == trace::SpanStatus::error);
  CHECK(served.service == "order");
}
