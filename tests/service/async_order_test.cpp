// An order by message through all services over real HTTP and a real broker: what the caller hears,
// what is stored in the end, what is drawn.
#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "base/json.hpp"
#include "contracts/problem.hpp"
#include "support/catch.hpp"
#include "support/test_services.hpp"
#include "support/threads.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

http::ClientRequest order_request(std::int64_t user_id, Headers headers) {
  return {.method = "POST",
          .target = "/orders",
          .body = dump_json({{"user_id", user_id}, {"item_name", "book"}}),
          .headers = std::move(headers)};
}

Json body_of(const Result<http::ClientResponse>& answer) {
  return parse_json(answer.value().body).value();
}

std::string problem(const http::ClientResponse& answer) {
  return std::string(contracts::from_problem(answer.status, answer.body).name());
}

/// All services; the user Ada has the id 1.
struct Shop {
  Shop() {
    http::Client to_users(users.url());
    const auto added = to_users.send(
        {.method = "POST", .target = "/users", .body = dump_json({{"name", "Ada"}})}, 5s);
    REQUIRE(added.value().status == 201);
  }

  Json order(std::int64_t id, const std::string& prefer = "wait=20") {
    return body_of(client.send(
        {.target = fmt::format("/orders/{}", id), .headers = {{"Prefer", prefer}}}, 25s));
  }

  /// The receipts for an order, as soon as there are some.
  Json receipts(std::int64_t order_id) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    for (;;) {
      const Json page = body_of(
          notify_client.send({.target = fmt::format("/receipts?order_id={}", order_id)}, 5s));
      const bool late = std::chrono::steady_clock::now() > deadline;
      if (!page.at("receipts").empty() || late) return page.at("receipts");
    }
  }

  test::RecordingSink sink;
  test::BrokerService broker{sink};
  test::UserService users{sink, broker.url()};
  test::OrderService orders{sink, users.url(), broker.url()};
  test::NotifyService notify{sink, broker.url()};
  http::Client client{orders.url()};
  http::Client notify_client{notify.url()};
};

}  // namespace

TEST_CASE("an async order is accepted at once, and confirmed by message", "[async]") {
  Shop shop;
  shop.users.stop_consuming();
  const auto accepted = shop.client.send(order_request(1, {{"Prefer", "respond-async"}}), 5s);
  REQUIRE(accepted.value().status == 202);
  CHECK(accepted->header("Location") == "/orders/1");
  CHECK(accepted->header("Preference-Applied") == "respond-async");
  const Json pending = body_of(accepted);
  CHECK(pending.at("status") == "pending");
  CHECK(pending.at("username").get<std::string>().empty());
  CHECK(pending.at("reason").is_null());
  CHECK(shop.order(1, "wait=0") == pending);

  shop.users.begin(shop.broker.url());
  const Json confirmed = shop.order(1);
  CHECK(confirmed.at("status") == "confirmed");
  CHECK(confirmed.at("username") == "Ada");
  const Json receipts = shop.receipts(1);
  REQUIRE(receipts.size() == 1);
  CHECK(receipts[0].at("text") == "Thank you, Ada: your order 1 (book) is confirmed.");
}

TEST_CASE("an async order for nobody is rejected with the reason", "[async]") {
  Shop shop;
  REQUIRE(shop.client.send(order_request(7, {{"Prefer", "respond-async"}}), 5s)->status == 202);
  const Json rejected = shop.order(1);
  CHECK(rejected.at("status") == "rejected");
  CHECK(rejected.at("reason") == "user 7 does not exist");
  CHECK(shop.receipts(1)[0].at("status") == "rejected");
}

TEST_CASE("whoever is ready to wait hears the end", "[async]") {
  Shop shop;
  const Headers waiting = {{"Prefer", "respond-async, wait=20"}};
  const auto done = shop.client.send(order_request(1, waiting), 25s);
  CHECK(done.value().status == 201);
  CHECK(done->header("Preference-Applied") == "respond-async, wait=20");
  CHECK(body_of(done).at("status") == "confirmed");

  const auto rejected = shop.client.send(order_request(7, waiting), 25s);
  CHECK(rejected.value().status == 422);
  CHECK(problem(*rejected) == "user-not-found");

  shop.users.stop_consuming();
  const auto late = shop.client.send(order_request(1, {{"Prefer", "respond-async, wait=0"}}), 25s);
  CHECK(late.value().status == 202);
  CHECK(body_of(late).at("status") == "pending");

  const auto ignored = shop.client.send(order_request(1, {{"Prefer", "wait=5"}}), 25s);
  CHECK(ignored.value().status == 201);
  CHECK_FALSE(ignored->header("Preference-Applied"));
}

TEST_CASE("a waiting GET answers when the order is decided, and says how long it would have waited",
          "[async]") {
  Shop shop;
  const auto waits =
      shop.client.send({.target = "/orders/1", .headers = {{"Prefer", "wait=99"}}}, 5s);
  CHECK(problem(waits.value()) == "order-not-found");
  shop.client.send(order_request(1, {}), 5s).value();
  const auto got =
      shop.client.send({.target = "/orders/1", .headers = {{"Prefer", "wait=99"}}}, 5s);
  CHECK(got.value().header("Preference-Applied") == "wait=30");
  CHECK_FALSE(shop.client.send({.target = "/orders/1"}, 5s)->header("Preference-Applied"));
}

TEST_CASE("when too many wait, the next is answered at once", "[async]") {
  Shop shop;
  shop.users.stop_consuming();
  REQUIRE(shop.client.send(order_request(1, {{"Prefer", "respond-async"}}), 5s)->status == 202);
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t at_once = 0;
  std::size_t confirmed = 0;
  constexpr std::size_t kMore = 8;
  test::Threads waiters(limits::kOrderWaiters + kMore, [&](std::size_t) {
    const Json order = shop.order(1, "wait=25");
    const std::lock_guard lock(mutex);
    ++(order.at("status") == "pending" ? at_once : confirmed);
    ended.notify_one();
  });
  {
    std::unique_lock lock(mutex);
    REQUIRE(ended.wait_for(lock, 20s, [&] { return at_once == kMore; }));
  }
  shop.users.begin(shop.broker.url());
  waiters.join();
  CHECK(at_once == kMore);
  CHECK(confirmed == limits::kOrderWaiters);
}

TEST_CASE("a key stands for one order in both styles", "[async]") {
  Shop shop;
  const Headers async = {{"Prefer", "respond-async"}, {"Idempotency-Key", "a"}};
  REQUIRE(shop.client.send(order_request(1, async), 5s)->status == 202);
  shop.order(1);
  const auto again = shop.client.send(order_request(1, async), 5s);
  CHECK(again->status == 202);
  CHECK(body_of(again).at("status") == "confirmed");
  CHECK(shop.client.send(order_request(1, {{"Idempotency-Key", "a"}}), 5s)->status == 202);
  const auto waiting = shop.client.send(
      order_request(1, {{"Prefer", "respond-async, wait=5"}, {"Idempotency-Key", "a"}}), 5s);
  CHECK(waiting->status == 201);
  CHECK(problem(*shop.client.send(order_request(2, async), 5s)) == "idempotency-key-reused");

  REQUIRE(shop.client.send(order_request(1, {{"Idempotency-Key", "s"}}), 5s)->status == 201);
  const auto sync = shop.client.send(
      order_request(1, {{"Prefer", "respond-async"}, {"Idempotency-Key", "s"}}), 5s);
  CHECK(sync->status == 201);
  CHECK(body_of(shop.client.send({.target = "/orders"}, 5s)).at("orders").size() == 2);
}

TEST_CASE("async orders are accepted while no broker is there", "[async]") {
  test::RecordingSink sink;
  auto broker = std::make_optional<test::BrokerService>(sink);
  const std::string broker_url = broker->url();
  broker.reset();
  test::OrderService orders(sink, "http://127.0.0.1:1", broker_url);
  http::Client client(orders.url());
  for (int i = 0; i < 5; ++i) {
    CHECK(client.send(order_request(1, {{"Prefer", "respond-async"}}), 5s)->status == 202);
  }
}

TEST_CASE("messages nobody understands become dead letters, and the rest goes on", "[async]") {
  Shop shop;
  messaging::EmbeddedBroker broker(shop.broker.url());
  const std::string request = "user.lookup.requested";
  const auto event = [](const std::string& type, Json data) {
    return to_text(messaging::Event{.id = "x",
                                    .source = "/test",
                                    .type = type,
                                    .time = "2026-11-23T00:40:01.123Z",
                                    .correlation_id = "x",
                                    .partition_key = "k",
                                    .data = std::move(data)});
  };
  const std::vector<messaging::Message> wrong = {
      {request, "k", "no json"},
      {request, "k", "[]"},
      {request, "k", R"({"specversion":"1.0","id":"a","source":"/x"})"},
      {request, "k", event("user.created", {{"id", 1}})},
      {request, "k", event(request, {{"order_id", "seven"}, {"user_id", 1}})},
      {request, "k", event(request, nullptr)},
      {"user.lookup.replied", "k", event("user.lookup.replied", {{"order_id", 1}, {"user_id", 1}})},
      {"order.confirmed", "k", event("order.confirmed", {{"id", "x"}})},
  };
  REQUIRE(broker.publish(wrong));
  REQUIRE(shop.client.send(order_request(1, {{"Prefer", "respond-async"}}), 5s)->status == 202);
  CHECK(shop.order(1).at("status") == "confirmed");
  CHECK(shop.receipts(1).size() == 1);
  const auto dead = broker.dead_letters({}, 100, 0).value();
  REQUIRE(dead.size() == wrong.size());
  std::multiset<std::string> groups;
  for (const auto& letter : dead) {
    groups.insert(letter.group);
    CHECK(letter.attempts == 1);
    CHECK_FALSE(letter.reason.empty());
  }
  CHECK(groups.count("user") == 6);
  CHECK(groups.count("order") == 1);
  CHECK(groups.count("notify") == 1);
}

TEST_CASE("a lookup that dies fails the order, and redriving it still confirms it", "[async]") {
  Shop shop;
  shop.users.stop_consuming();
  messaging::EmbeddedBroker broker(shop.broker.url());
  REQUIRE(shop.client.send(order_request(1, {{"Prefer", "respond-async"}}), 5s)->status == 202);
  {
    const std::vector<std::string> topics = {"user.lookup.requested"};
    const auto subscription = broker.subscribe("user", topics).value();
    const auto deliveries = subscription->receive(1, 10s).value();
    REQUIRE(deliveries.size() == 1);
    REQUIRE(subscription->dead_letter(deliveries[0], "the tests want it so"));
  }
  const Json failed = shop.order(1);
  CHECK(failed.at("status") == "failed");
  CHECK(failed.at("reason") == "the user lookup is a dead letter: the tests want it so");

  const auto dead = broker.dead_letters("user.lookup.requested", 10, 0).value();
  REQUIRE(dead.size() == 1);
  REQUIRE(broker.redrive(dead[0].id));
  CHECK(broker.redrive(dead[0].id).error().code == Code::dead_letter_not_found);
  shop.users.begin(shop.broker.url());
  CHECK(shop.receipts(1).at(0).at("status") == "confirmed");
  CHECK(shop.order(1).at("status") == "confirmed");
  CHECK(shop.order(1).at("reason").is_null());
}

TEST_CASE("an async order is one trace, from the caller to the receipt", "[async]") {
  Shop shop;
  test::RecordingSink client_sink;
  {
    test::Host client("client", client_sink);
    const trace::Span root =
        client.tracer.start("order create", trace::SpanKind::internal, std::nullopt);
    const auto request = order_request(1, {{"Prefer", "respond-async"}});
    REQUIRE(shop.client.send(request, 5s, &root, "/orders")->status == 202);
  }
  shop.receipts(1);
  shop.users.stop_consuming();
  shop.orders.stop_consuming();
  shop.notify.stop_consuming();
  auto spans = client_sink.spans();
  const auto trace_id = spans.at(0).trace_id;
  for (test::Service* service :
       std::initializer_list<test::Service*>{&shop.orders, &shop.users, &shop.notify}) {
    service->flush();
  }
  for (const auto& span : shop.sink.spans()) {
    if (span.trace_id == trace_id) spans.push_back(span);
  }
  std::map<trace::SpanId, trace::SpanRecord> by_id;
  for (const auto& span : spans) by_id[span.span_id] = span;
  std::set<std::string> edges;
  for (const auto& span : spans) {
    CHECK(span.end_unix_nano >= span.start_unix_nano);
    const auto parent = by_id.find(span.parent_span_id);
    if (parent != by_id.end()) {
      edges.insert(parent->second.service + ":" + parent->second.name + " > " + span.service + ":" +
                   span.name);
    } else {
      CHECK(span.name == "order create");
    }
  }
  const std::set<std::string> expected = {
      "client:order create > client:POST /orders",
      "client:POST /orders > order:POST /orders",
      "order:POST /orders > order:INSERT orders, outbox",
      "order:POST /orders > order:publish user.lookup.requested",
      "order:publish user.lookup.requested > broker:queue user.lookup.requested",
      "broker:queue user.lookup.requested > user:process user.lookup.requested",
      "user:process user.lookup.requested > user:SELECT users",
      "user:process user.lookup.requested > user:publish user.lookup.replied",
      "user:publish user.lookup.replied > broker:queue user.lookup.replied",
      "broker:queue user.lookup.replied > order:process user.lookup.replied",
      "order:process user.lookup.replied > order:UPDATE orders, inbox, outbox",
      "order:process user.lookup.replied > order:publish order.confirmed",
      "order:publish order.confirmed > broker:queue order.confirmed",
      "broker:queue order.confirmed > notify:process order.confirmed",
      "notify:process order.confirmed > notify:INSERT receipts, inbox",
  };
  CHECK(edges == expected);
}
