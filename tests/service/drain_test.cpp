// Replicas that leave and come back under load: clients go round their addresses, and a drain
// loses and refuses nothing.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.hpp"
#include "http/arrival.hpp"
#include "http/client.hpp"
#include "http/server.hpp"
#include "http/socket.hpp"
#include "support/catch.hpp"
#include "support/raw_connection.hpp"
#include "support/recording_sink.hpp"
#include "support/threads.hpp"

using namespace msdemo;
using namespace msdemo::http;
using namespace std::chrono_literals;

namespace {

/// One address at which servers come and go.
class Replica {
 public:
  explicit Replica(std::string name) : name_(std::move(name)) { start(); }

  void start() {
    Router router;
    router.add("GET", "/", [this](const Request&) -> Result<Response> {
      return Response{200, name_};
    });
    router.add("POST", "/orders", [this](const Request&) -> Result<Response> {
      ++handled_;
      return Response{201, name_};
    });
    auto server = Server::start({.port = port_}, std::move(router), nullptr, nullptr);
    REQUIRE(server);
    server_ = std::move(*server);
    port_ = server_->port();
  }
  void stop() {
    server_->stop();
    server_.reset();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Server& server() { return *server_; }
  std::int64_t handled() const { return handled_; }

 private:
  const std::string name_;
  int port_ = 0;
  std::atomic<std::int64_t> handled_ = 0;
  std::unique_ptr<Server> server_;
};

std::string who_answers(Client& client) {
  const auto answer = client.send({}, 5s);
  return answer ? answer->body : std::string(answer.error().name());
}

}  // namespace

TEST_CASE("a client asks the replicas in turn", "[replicas]") {
  Replica a("a");
  Replica b("b");
  Replica c("c");
  Client client(std::vector{a.url(), b.url(), c.url()});
  std::string asked;
  for (int i = 0; i < 6; ++i) asked += who_answers(client);
  CHECK(asked == "abcabc");
}

TEST_CASE("a replica that takes no connection is passed over, and asked again when it is back",
          "[replicas]") {
  Replica a("a");
  Replica b("b");
  Client client(std::vector{a.url(), b.url()});
  b.stop();
  std::string asked;
  for (int i = 0; i < 4; ++i) asked += who_answers(client);
  CHECK(asked == "aaaa");

  b.start();
  a.stop();
  CHECK(who_answers(client) == "b");  // though it refused a moment ago: there is no other

  b.stop();
  const auto answer = client.send({.method = "POST"}, 5s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::unreachable);
  CHECK(answer.error().definite());
}

TEST_CASE("the span of a call tells where it went, and who was passed over", "[replicas]") {
  test::RecordingSink sink;
  {
    trace::Recorder recorder(sink);
    trace::Sampler sampler(real_clock(), trace::Sampler::Rule::always);
    Rng rng(7);
    const trace::Tracer tracer("caller", recorder, sampler, real_clock(), rng);
    Replica gone("gone");
    Replica there("there");
    gone.stop();
    Client client(std::vector{gone.url(), there.url()}, "user");
    const trace::Span span = tracer.start("ask", trace::SpanKind::internal, std::nullopt);
    REQUIRE(client.send({}, 5s, &span, "/"));
  }
  const auto spans = sink.spans();
  const auto call = std::find_if(spans.begin(), spans.end(), [](const trace::SpanRecord& span) {
    return span.kind == trace::SpanKind::client;
  });
  REQUIRE(call != spans.end());
  REQUIRE(call->events.size() == 1);
  CHECK(call->events.front().name == "policy.next_address");
}

TEST_CASE("only what a closed connection had not taken is known to have never arrived", "[drain]") {
  const auto listener = listen_on("127.0.0.1", 0, 4);
  REQUIRE(listener);
  const auto soon = std::chrono::steady_clock::now() + 5s;
  const auto client = *connect_to("127.0.0.1", local_port(listener->get()), soon);
  REQUIRE(wait_for(listener->get(), POLLIN, soon));
  FileDescriptor server(::accept(listener->get(), nullptr, nullptr));
  constexpr std::string_view kRequest = "a request";
  const auto ask = [&] { REQUIRE(send_all(client.get(), kRequest, soon)); };
  const auto take = [&] {
    std::array<char, 64> buffer{};
    REQUIRE(wait_for(server.get(), POLLIN, soon));
    CHECK(::recv(server.get(), buffer.data(), buffer.size(), 0) == std::ssize(kRequest));
  };
  const auto gone = [&] { REQUIRE(wait_for(client.get(), POLLIN, soon)); };

  ask();
  take();
  CHECK_FALSE(closed_before_arrival(client.get(), 0));  // it is open
  SECTION("closed, and then asked") {
    server.reset();
    gone();
    ask();
    CHECK(closed_before_arrival(client.get(), kRequest.size()));
  }
  SECTION("asked, taken, and then closed without an answer") {
    ask();
    take();
    server.reset();
    gone();
    CHECK_FALSE(closed_before_arrival(client.get(), kRequest.size()));
  }
  SECTION("asked, and closed with the request unread") {
    ask();
    REQUIRE(wait_for(server.get(), POLLIN, soon));
    server.reset();
    gone();
    CHECK_FALSE(closed_before_arrival(client.get(), kRequest.size()));
  }
}

TEST_CASE("a draining server refuses who connects, and tells who is connected to go", "[drain]") {
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Replica replica("a");
  test::RawConnection kept(replica.server().port());
  REQUIRE(kept.send(request));
  CHECK_FALSE(kept.receive().says("Connection: close"));

  replica.server().drain();
  // Until nobody can connect any more, who is connected is not sent away.
  const auto patience = std::chrono::steady_clock::now() + 5s;
  bool told = false;
  while (!told) {
    REQUIRE(std::chrono::steady_clock::now() < patience);
    REQUIRE(kept.send(request));
    const auto reply = kept.receive();
    REQUIRE(reply.status == 200);
    told = reply.says("Connection: close");
  }
  CHECK(kept.closed_by_peer());
  Client newcomer(replica.url());
  const auto answer = newcomer.send({}, 5s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::unreachable);
}

TEST_CASE("a drain with nothing under way is over at once, or when kept connections are quiet",
          "[drain]") {
  const auto took = [](Replica& replica) {
    const auto began = std::chrono::steady_clock::now();
    replica.stop();
    return std::chrono::steady_clock::now() - began;
  };
  constexpr auto kSlack = 150ms;  // what a busy machine may add
  Replica replica("a");
  CHECK(took(replica) < kSlack);
  replica.start();
  const test::RawConnection used_last_now(replica.server().port());
  const auto with_patience = took(replica);
  CHECK(with_patience >= limits::kDrainIdle);
  CHECK(with_patience < limits::kDrainIdle + kSlack);
}

TEST_CASE("replicas restarted one after another under load lose and refuse nothing", "[drain]") {
  constexpr int kCallers = 4;
  constexpr int kRounds = 25;
  std::vector<std::unique_ptr<Replica>> replicas;
  std::vector<std::string> urls;
  for (const char* name : {"a", "b", "c"}) {
    urls.push_back(replicas.emplace_back(std::make_unique<Replica>(name))->url());
  }
  Client kept(urls);
  std::atomic<bool> done = false;
  std::atomic<std::int64_t> confirmed = 0;
  std::atomic<std::int64_t> failed = 0;
  {
    const test::Threads callers(kCallers, [&](std::size_t caller) {
      while (!done) {
        // Every other caller comes anew each time: it meets the listener, not a kept connection.
        Client once(urls);
        const auto answer =
            (caller % 2 == 0 ? kept : once).send({.method = "POST", .target = "/orders"}, 5s);
        ++(answer && answer->status == 201 ? confirmed : failed);
      }
    });
    for (int round = 0; round < kRounds; ++round) {
      for (const auto& replica : replicas) {
        const std::int64_t enough = confirmed + 5 * kCallers;
        while (confirmed < enough && failed == 0) std::this_thread::yield();
        replica->stop();
        replica->start();
      }
    }
    done = true;
  }
  std::int64_t handled = 0;
  for (const auto& replica : replicas) handled += replica->handled();
  INFO(confirmed << " confirmed while " << kRounds * 3 << " drains went on");
  CHECK(failed == 0);
  CHECK(handled == confirmed);
  CHECK(confirmed > kRounds * 3);
}
