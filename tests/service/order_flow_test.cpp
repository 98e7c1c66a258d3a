// An order through both services over real HTTP: what comes back, what is stored, what is drawn.
#include <future>
#include <map>
#include <optional>
#include <set>

#include "base/json.hpp"
#include "contracts/problem.hpp"
#include "support/catch.hpp"
#include "support/raw_connection.hpp"
#include "support/test_services.hpp"
#include "support/threads.hpp"
#include "trace/traceparent.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

http::ClientRequest order_request(std::int64_t user_id, const std::string& item,
                                  const std::string& key = "") {
  http::ClientRequest request{.method = "POST",
                              .target = "/orders",
                              .body = dump_json({{"user_id", user_id}, {"item_name", item}})};
  if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
  return request;
}

void add_user(const std::string& url, const std::string& name) {
  http::Client client(url);
  const auto answer =
      client.send({.method = "POST", .target = "/users", .body = dump_json({{"name", name}})}, 5s);
  REQUIRE(answer);
  REQUIRE(answer->status == 201);
}

std::size_t stored_orders(const std::string& url) {
  http::Client client(url);
  return parse_json(client.send({.target = "/orders"}, 5s)->body)->at("orders").size();
}

/// The name of the problem that `answer` tells.
std::string problem(const http::ClientResponse& answer) {
  return std::string(contracts::from_problem(answer.status, answer.body).name());
}

/// A stand-in for the user service that answers every lookup in one way.
std::unique_ptr<http::Server> strange_users(http::Handler handler) {
  http::Router router;
  router.add("GET", "/users/{id}", std::move(handler));
  return test::must(http::Server::start({}, std::move(router), nullptr, nullptr));
}

struct Shop {
  Shop() { add_user(users.url(), "Ada"); }

  test::RecordingSink sink;
  test::UserService users{sink};
  test::OrderService orders{sink, users.url()};
  http::Client client{orders.url()};
};

}  // namespace

TEST_CASE("an order is confirmed with the user's name and can be read again", "[order]") {
  Shop shop;
  const auto created = shop.client.send(order_request(1, "book"), 5s);
  REQUIRE(created);
  CHECK(created->status == 201);
  CHECK(created->header("location") == "/orders/1");
  const Json order = parse_json(created->body).value();
  CHECK(order.at("id") == 1);
  CHECK(order.at("username") == "Ada");
  CHECK(order.at("status") == "confirmed");
  CHECK(shop.client.send({.target = "/orders/1"}, 5s)->body == created->body);
  CHECK(problem(*shop.client.send({.target = "/orders/2"}, 5s)) == "order-not-found");
  CHECK(problem(*shop.client.send({.target = "/orders/0"}, 5s)) == "invalid-field");
}

TEST_CASE("an order for a user who does not exist stores nothing", "[order]") {
  Shop shop;
  const auto refused = shop.client.send(order_request(2, "book", "key"), 5s);
  CHECK(refused->status == 422);
  CHECK(problem(*refused) == "user-not-found");
  CHECK(stored_orders(shop.orders.url()) == 0);
  add_user(shop.users.url(), "Grace");
  CHECK(shop.client.send(order_request(2, "book", "key"), 5s)->status == 201);
}

TEST_CASE("the same key and order are placed once, other fields are refused", "[order]") {
  Shop shop;
  const auto first = shop.client.send(order_request(1, "book", "key"), 5s);
  const auto again = shop.client.send(order_request(1, "book", "\"key\""), 5s);
  CHECK(again->status == first->status);
  CHECK(again->body == first->body);
  const auto other = shop.client.send(order_request(1, "pen", "key"), 5s);
  CHECK(other->status == 422);
  CHECK(problem(*other) == "idempotency-key-reused");
  CHECK(stored_orders(shop.orders.url()) == 1);
}

TEST_CASE("concurrent duplicates meet at the key and get the same order", "[order]") {
  Shop shop;
  std::mutex mutex;
  std::set<std::string> bodies;
  test::Threads threads(16, [&](std::size_t) {
    const auto answer = shop.client.send(order_request(1, "book", "key"), 20s);
    const std::lock_guard lock(mutex);
    bodies.insert(answer ? answer->body : answer.error().message);
  });
  threads.join();
  CHECK(bodies.size() == 1);
  CHECK(stored_orders(shop.orders.url()) == 1);
}

TEST_CASE("a repeated order does not need the user service any more", "[order]") {
  test::RecordingSink sink;
  auto users = std::make_optional<test::UserService>(sink);
  add_user(users->url(), "Ada");
  test::OrderService orders(sink, users->url());
  http::Client client(orders.url());
  const auto first = client.send(order_request(1, "book", "key"), 5s);
  users.reset();
  CHECK(client.send(order_request(1, "book", "key"), 5s)->body == first->body);
  const auto refused = client.send(order_request(1, "book", "new-key"), 5s);
  CHECK(refused->status == 503);
  CHECK(problem(*refused) == "upstream-unavailable");
  CHECK(refused->header("Retry-After").has_value());
  CHECK(stored_orders(orders.url()) == 1);
}

TEST_CASE("a user service that answers nonsense is told apart, and nothing is stored", "[order]") {
  using http::Response;
  struct Case {
    http::Response answer;
    int status;
    std::string name;
  };
  const std::vector<Case> cases = {
      {Response{200, "<html>"}, 502, "upstream-invalid"},
      {Response{200, R"({"message":"User not found"})"}, 502, "upstream-invalid"},
      {Response{200, R"({"id":1})"}, 502, "upstream-invalid"},
      {Response{404, "gone"}, 502, "upstream-invalid"},
      {Response{302, ""}, 502, "upstream-invalid"},
      {Response{500, "oops"}, 502, "upstream-invalid"},
      {http::json_response(503, contracts::to_problem({Code::overloaded, "busy"}, "t")), 503,
       "upstream-unavailable"},
  };
  test::RecordingSink sink;
  for (const Case& each : cases) {
    INFO(each.answer.status << " " << each.answer.body);
    const auto users =
        strange_users([&](const http::Request&) -> Result<Response> { return each.answer; });
    test::OrderService orders(sink, users->url());
    http::Client client(orders.url());
    const auto refused = client.send(order_request(1, "book"), 5s);
    CHECK(refused->status == each.status);
    CHECK(problem(*refused) == each.name);
    CHECK(stored_orders(orders.url()) == 0);
  }
}

TEST_CASE("a user service that does not answer in time is a definite 504", "[order]") {
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  const auto users = strange_users([opened](const http::Request&) -> Result<http::Response> {
    opened.wait();
    return http::Response{200, R"({"id":1,"name":"Ada"})"};
  });
  test::RecordingSink sink;
  test::OrderService orders(sink, users->url());
  http::Client client(orders.url());
  const auto refused = client.send(order_request(1, "book", "key"), 20s);
  CHECK(refused->status == 504);
  CHECK(problem(*refused) == "upstream-timeout");
  CHECK(stored_orders(orders.url()) == 0);
  gate.set_value();
  CHECK(client.send(order_request(1, "book", "key"), 20s)->status == 201);
}

TEST_CASE("text from users is stored and shown as itself", "[order]") {
  Shop shop;
  for (const std::string item : {"'; DROP TABLE orders; --", "$(reboot) `id` %s %n", "\x1b[2J\r\n",
                                 "日本語 📚 e\u0301", "a\"b\\c"}) {
    const auto created = shop.client.send(order_request(1, item), 5s);
    REQUIRE(created->status == 201);
    const std::string place = created->header("Location").value();
    const Json order = parse_json(shop.client.send({.target = place}, 5s)->body).value();
    CHECK(order.at("item_name") == item);
  }
}

TEST_CASE("lists are filtered and paged to the end, without gaps or repeats", "[order]") {
  Shop shop;
  for (int i = 0; i < 7; ++i) shop.client.send(order_request(1, "book"), 5s);
  std::vector<std::int64_t> seen;
  std::string after = "0";
  for (int page = 0; page < 4; ++page) {
    const Json json =
        parse_json(shop.client.send({.target = "/orders?limit=2&after=" + after}, 5s)->body)
            .value();
    for (const Json& order : json.at("orders")) seen.push_back(order.at("id"));
    if (json.at("next").is_null()) break;
    after = json.at("next").dump();
  }
  CHECK(seen == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7});
  const auto count = [&](const std::string& query) {
    return parse_json(shop.client.send({.target = "/orders?" + query}, 5s)->body)
        ->at("orders")
        .size();
  };
  CHECK(count("user_id=1&status=confirmed") == 7);
  CHECK(count("status=pending") == 0);
  CHECK(count("user_id=2") == 0);
}

TEST_CASE("one order is one trace, from the caller to the disk and back", "[order]") {
  Shop shop;
  test::RecordingSink client_sink;
  {
    test::Host client("client", client_sink);
    const trace::Span root =
        client.tracer.start("order create", trace::SpanKind::internal, std::nullopt);
    REQUIRE(shop.client.send(order_request(1, "book"), 5s, &root, "/orders")->status == 201);
  }
  shop.orders.flush();
  shop.users.flush();
  auto spans = client_sink.spans();
  REQUIRE(spans.size() == 2);
  const auto trace_id = spans[0].trace_id;
  for (const auto& span : shop.sink.spans()) {
    if (span.trace_id == trace_id) spans.push_back(span);
  }
  std::map<trace::SpanId, trace::SpanRecord> by_id;
  for (const auto& span : spans) by_id[span.span_id] = span;
  const auto path = [&](const trace::SpanRecord& leaf) {
    std::string text;
    for (auto at = by_id.find(leaf.span_id); at != by_id.end();
         at = by_id.find(at->second.parent_span_id)) {
      text = at->second.service + ":" + at->second.name + (text.empty() ? "" : " > ") + text;
    }
    return text;
  };
  std::set<std::string> paths;
  for (const auto& span : spans) paths.insert(path(span));
  const std::string to_order = "client:order create > client:POST /orders > order:POST /orders";
  const std::string to_user = to_order + " > order:GET /users/{id} > user:GET /users/{id}";
  CHECK(paths.count(to_user + " > user:SELECT users") == 1);
  CHECK(paths.count(to_order + " > order:INSERT orders") == 1);
  CHECK(spans.size() == 7);
}

TEST_CASE("an unsampled request creates no span anywhere", "[order]") {
  Shop shop;
  shop.orders.flush();
  shop.users.flush();
  const std::size_t before = shop.sink.spans().size();
  auto request = order_request(1, "book");
  request.headers.emplace_back("traceparent",
                               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  CHECK(shop.client.send(request, 5s)->status == 201);
  shop.orders.flush();
  shop.users.flush();
  CHECK(shop.sink.spans().size() == before);
}
