// Each fault over real HTTP, real messages and a real database: what callers see, what is done and
// what is not, and what the spans say about it.
#include <fmt/format.h>

#include <chrono>
#include <future>

#include "contracts/problem.hpp"
#include "http/admin.hpp"
#include "support/catch.hpp"
#include "support/raw_connection.hpp"
#include "support/test_services.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace {

void add(test::Service& service, const Json& json) {
  test::must(service.faults.add(test::must(faults::parse_spec(json))));
}

/// A user service with the user Ada.
struct Users {
  Users() { REQUIRE(create("Ada").status == 201); }

  http::ClientResponse create(const std::string& name) {
    return test::must(client.send(
        {.method = "POST", .target = "/users", .body = dump_json({{"name", name}})}, 5s));
  }
  http::ClientResponse get(std::vector<std::pair<std::string, std::string>> headers = {}) {
    return test::must(client.send({.target = "/users/1", .headers = std::move(headers)}, 5s));
  }
  std::size_t count() {
    service.faults.clear();
    const auto page = client.send({.target = "/users"}, 5s);
    return parse_json(page.value().body).value().at("users").size();
  }
  /// What `GET /users/1` on a connection of its own leads to.
  test::RawConnection::Reply raw(const std::string& target = "GET /users/1") {
    return test::ask(service.server->port(), target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }

  /// The sentences of this decision on spans of this name.
  std::vector<std::string> rules(std::string_view span_name, std::string_view decision) {
    service.flush();
    std::vector<std::string> found;
    for (const trace::SpanRecord& span : sink.spans()) {
      if (span.name != span_name) continue;
      for (const auto& event : span.events) {
        if (event.name != decision) continue;
        found.push_back(std::get<std::string>(event.attributes.at(0).second));
      }
    }
    return found;
  }

  test::RecordingSink sink;
  test::UserService service{sink};
  http::Client client{service.url()};
};

}  // namespace

TEST_CASE("a latency delays the answer and tells so on the span", "[faults]") {
  Users users;
  add(users.service, {{"kind", "latency"}, {"value", "60ms"}, {"route", "GET /users/{id}"}});
  const auto began = SteadyClock::now();
  CHECK(users.get().status == 200);
  CHECK(SteadyClock::now() - began >= 60ms);
  CHECK(users.create("Grace").status == 201);
  CHECK(users.rules("GET /users/{id}", "fault.latency") ==
        std::vector<std::string>{"fault 1 (latency=60ms): waits 60 ms"});
  CHECK(users.rules("POST /users", "fault.latency").empty());
}

TEST_CASE("past the caller's deadline no work is done", "[faults]") {
  Users users;
  add(users.service, {{"kind", "latency"}, {"value", "30s"}, {"route", "POST /users"}});
  const auto answer = users.client.send({.method = "POST",
                                         .target = "/users",
                                         .body = R"({"name":"Grace"})",
                                         .headers = {{"X-Deadline-Ms", "60"}}},
                                        5s);
  REQUIRE(answer);
  CHECK(answer->status == 504);
  CHECK(contracts::from_problem(504, answer->body).code == Code::deadline_exceeded);
  CHECK(users.rules("POST /users", "policy.deadline").size() == 1);
  CHECK(users.count() == 1);
}

TEST_CASE("a draining service waits no longer, and does the work", "[faults]") {
  Users users;
  add(users.service, {{"kind", "latency"}, {"value", "30s"}});
  auto answer = std::async(std::launch::async, [&] { return users.get().status; });
  while (users.service.faults.list().at(0).hits == 0) std::this_thread::yield();
  users.service.draining.stop();
  REQUIRE(answer.wait_for(5s) == std::future_status::ready);
  CHECK(answer.get() == 200);
}

TEST_CASE("an error is a problem document that says who made it, and no work is done", "[faults]") {
  Users users;
  add(users.service, {{"kind", "error"}, {"value", "503"}, {"nth", {1}}});
  const auto refused = users.create("Grace");
  CHECK(refused.status == 503);
  CHECK_FALSE(refused.header("Retry-After").has_value());
  CHECK(refused.header("Content-Type") == "application/problem+json");
  const Error error = contracts::from_problem(503, refused.body);
  CHECK(error.message == "fault 1 (error=503, nth 1): answers 503 instead of working");
  CHECK(users.create("Linus").status == 201);
  CHECK(users.count() == 2);
  add(users.service, {{"kind", "error"}, {"value", "418"}});
  CHECK(parse_json(users.get().body).value().at("type") == "urn:msdemo:problem:fault");
}

TEST_CASE("a malformed answer is cut in half, or a proxy's page", "[faults]") {
  Users users;
  const std::string whole = users.get().body;
  add(users.service, {{"kind", "malformed"}, {"value", "cut"}});
  CHECK(users.get().body == whole.substr(0, whole.size() / 2));
  const auto unknown = users.raw("GET /users/99");
  CHECK(unknown.status == 404);
  CHECK(unknown.body.front() == '{');
  CHECK(unknown.body.back() != '}');
  add(users.service, {{"kind", "malformed"}, {"value", "html"}});
  const auto page = users.create("Grace");
  CHECK(page.status == 200);
  CHECK(page.header("Content-Type") == "text/html");
  CHECK(page.body.find("502 Bad Gateway") != std::string::npos);
  CHECK(users.count() == 2);
}

TEST_CASE("a dropped connection hides whether the work was done", "[faults]") {
  Users users;
  const auto create = [&](const char* name) {
    return users.client.send(
        {.method = "POST", .target = "/users", .body = dump_json({{"name", name}})}, 5s);
  };
  add(users.service, {{"kind", "drop"}, {"value", "before"}});
  CHECK(create("Grace").error().code == Code::connection_lost);
  add(users.service, {{"kind", "drop"}, {"value", "after"}});
  CHECK(create("Linus").error().code == Code::connection_lost);
  CHECK(users.raw().status == 0);
  CHECK(users.count() == 2);
  users.service.flush();
  for (const trace::SpanRecord& span : users.sink.spans()) {
    if (span.events.empty()) continue;
    CHECK(span.status == trace::SpanStatus::error);
    for (const auto& [key, value] : span.attributes) CHECK(key != "http.response.status_code");
  }
}

TEST_CASE("a hang says nothing, then closes", "[faults]") {
  Users users;
  add(users.service, {{"kind", "hang"}, {"value", "100ms"}});
  const auto began = SteadyClock::now();
  CHECK(users.raw().status == 0);
  CHECK(SteadyClock::now() - began >= 100ms);
}

TEST_CASE("a hang ends when the caller leaves, and when the service drains", "[faults]") {
  Users users;
  add(users.service, {{"kind", "hang"}, {"value", "60s"}});
  const auto ends = [&](auto&& cause) {
    const auto hits = users.service.faults.list().at(0).hits;
    test::RawConnection caller(users.service.server->port());
    REQUIRE(caller.send("GET /users/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    while (users.service.faults.list().at(0).hits == hits) std::this_thread::yield();
    cause(caller);
    CHECK(caller.closed_by_peer());
  };
  ends([](test::RawConnection& caller) { caller.finish_sending(); });
  ends([&](test::RawConnection&) { users.service.draining.stop(); });
}

TEST_CASE("on a full disk nothing is stored, and reading goes on", "[faults]") {
  Users users;
  add(users.service, {{"kind", "disk"}, {"value", "full"}});
  const auto refused = users.create("Grace");
  CHECK(refused.status == 507);
  CHECK(contracts::from_problem(507, refused.body).code == Code::storage_full);
  CHECK(users.get().status == 200);
  const auto idle = users.service.database->write(
      nullptr, "idle", [](storage::Transaction&) -> Result<void> { return {}; });
  CHECK(idle);
  CHECK(users.service.faults.list().at(0).met == 1);
  const auto rules = users.rules("INSERT users", "fault.disk");
  CHECK(rules ==
        std::vector<std::string>{"fault 1 (disk=full): the write fails as on a full disk"});
  CHECK(users.count() == 1);
  CHECK(users.create("Grace").status == 201);
}

namespace {

/// All services; the user Ada has the id 1.
struct Shop {
  Shop() {
    http::Client to_users(users.url());
    test::must(
        to_users.send({.method = "POST", .target = "/users", .body = R"({"name":"Ada"})"}, 5s));
  }

  /// Places an order by message and waits until it is decided.
  Json order() {
    const auto placed = client.send({.method = "POST",
                                     .target = "/orders",
                                     .body = R"({"user_id":1,"item_name":"book"})",
                                     .headers = {{"Prefer", "respond-async"}}},
                                    5s);
    const std::string target = placed.value().header("Location").value();
    const auto order = client.send({.target = target, .headers = {{"Prefer", "wait=20"}}}, 25s);
    return parse_json(order.value().body).value();
  }

  std::vector<trace::SpanRecord> lookups() {
    users.flush();
    std::vector<trace::SpanRecord> found;
    for (const trace::SpanRecord& span : sink.spans()) {
      if (span.name == "process user.lookup.requested") found.push_back(span);
    }
    return found;
  }

  test::RecordingSink sink;
  test::BrokerService broker{sink};
  test::UserService users{sink, broker.url()};
  test::OrderService orders{sink, users.url(), broker.url()};
  http::Client client{orders.url()};
};

}  // namespace

TEST_CASE("a consumer is slow, gives messages back, and still does its work", "[faults]") {
  Shop shop;
  add(shop.users, {{"kind", "latency"}, {"value", "50ms"}, {"route", "user.lookup.requested"}});
  add(shop.users, {{"kind", "nack"}, {"value", "retry"}, {"first", 2}});
  CHECK(shop.order().at("status") == "confirmed");
  // The order is decided by the reply, a moment before the lookup itself is acked.
  shop.users.stop_consuming();
  const auto lookups = shop.lookups();
  REQUIRE(lookups.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& span = lookups[i];
    CHECK(span.end_unix_nano - span.start_unix_nano >= 50'000'000);
    CHECK(span.events.size() == (i < 2 ? 2 : 1));
    CHECK(span.events[0].name == "fault.latency");
    CHECK((span.status == trace::SpanStatus::error) == (i < 2));
  }
  CHECK(lookups[0].events[1].name == "fault.nack");
  const auto list = shop.users.faults.list();
  CHECK((list.at(1).met == 3 && list.at(1).hits == 2 && list.at(1).over));
}

TEST_CASE("a message refused for good is a dead letter with the fault as its reason", "[faults]") {
  Shop shop;
  add(shop.users, {{"kind", "nack"}, {"value", "dead"}, {"nth", {1}}});
  const Json failed = shop.order();
  CHECK(failed.at("status") == "failed");
  const auto letters = shop.users.broker->dead_letters("", 10, 0);
  REQUIRE(letters.value().size() == 1);
  CHECK(letters->at(0).reason.find("fault 1 (nack=dead, nth 1)") != std::string::npos);
  CHECK(letters->at(0).attempts == 1);
  CHECK(shop.order().at("status") == "confirmed");
}

TEST_CASE("a broker that refuses and is slow loses nothing", "[faults]") {
  Shop shop;
  add(shop.broker,
      {{"kind", "error"}, {"value", "503"}, {"route", "POST /messages"}, {"first", 3}});
  add(shop.broker,
      {{"kind", "latency"}, {"value", "30ms"}, {"route", "POST /groups/{group}/receive"}});
  add(shop.broker, {{"kind", "disk"}, {"value", "full"}, {"nth", {5}}});
  CHECK(shop.order().at("status") == "confirmed");
  // The first may have come by calls that were waiting before the faults were there.
  CHECK(shop.order().at("status") == "confirmed");
  const auto list = shop.broker.faults.list();
  CHECK(list.at(0).hits == 3);
  CHECK(list.at(1).hits >= 1);
  CHECK(list.at(2).hits == 1);
}

TEST_CASE("faults are added, listed and removed over the admin listener", "[faults]") {
  Users users;
  metrics::Registry metrics;
  auto admin = test::must(http::Server::start(
      {.token = "secret"},
      http::admin_routes(metrics, users.service.faults, [] { return Result<void>(); }), nullptr,
      nullptr));
  http::Client client(admin->url());
  const auto send = [&](const char* method, const std::string& target, const std::string& body) {
    return test::must(client.send({.method = method,
                                   .target = target,
                                   .body = body,
                                   .headers = {{"Authorization", "Bearer secret"}}},
                                  5s));
  };
  const auto added = send("POST", "/faults", R"({"kind":"error","value":"503","first":2})");
  CHECK(added.status == 200);
  CHECK(added.body == R"({"id":1,"kind":"error","value":"503","first":2,"hits":0,"met":0})");
  CHECK(send("POST", "/faults", R"({"kind":"error","value":"503","first":2})").body == added.body);
  users.get();
  const auto listed = send("GET", "/faults", "");
  CHECK(listed.body ==
        R"({"faults":[{"id":1,"kind":"error","value":"503","first":2,"hits":1,"met":1}]})");
  const auto refused = send("POST", "/faults", R"({"kind":"error","value":"503","percent":101})");
  CHECK(refused.status == 422);
  CHECK(contracts::from_problem(422, refused.body).field == "percent");
  const auto unknown = send("POST", "/faults", R"({"kind":"error","value":"503","route":"/user"})");
  CHECK(contracts::from_problem(422, unknown.body).hint == "did you mean /users?");
  CHECK(send("DELETE", "/faults/1", "").body == R"({"cleared":1})");
  CHECK(send("DELETE", "/faults/1", "").body == R"({"cleared":0})");
  CHECK(send("DELETE", "/faults/x", "").status == 422);
  CHECK(users.get().status == 200);
}
