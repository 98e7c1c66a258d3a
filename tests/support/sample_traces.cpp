// The stories of sample_traces.hpp. Their times are those of a laptop, so that the approved
// pictures look like what people will see.
#include "support/sample_traces.hpp"

#include <cmath>

namespace msdemo::test {

using trace::SpanKind;
using trace::SpanRecord;

TraceBuilder sync_order() {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 4831);
  const int post = trace.call(root, "client", "order", "POST /orders", 140, 4790);
  trace.set(post, "url.path", std::string("/orders"));
  trace.set(post, "http.response.status_code", std::int64_t{201});
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 385, 4655);
  const int get = trace.call(orders, "order", "user", "GET /users/{id}", 520, 1630);
  const int users = trace.add(get, "user", "GET /users/{id}", SpanKind::server, 790, 1495);
  trace.database(users, "user", "SELECT user", 905, 1290);
  const int insert = trace.database(orders, "order", "INSERT order", 1745, 4480);
  trace.set(insert, "msdemo.durability", std::string("full"));
  trace.set(insert, "msdemo.commit.batch", std::int64_t{1});
  return trace;
}

std::vector<SpanRecord> order_of_unknown_user() {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 2140);
  const int post = trace.call(root, "client", "order", "POST /orders", 120, 2105);
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 340, 1985);
  const int get = trace.call(orders, "order", "user", "GET /users/{id}", 470, 1640);
  const int users = trace.add(get, "user", "GET /users/{id}", SpanKind::server, 735, 1510);
  trace.database(users, "user", "SELECT user", 850, 1260);
  trace.fail(root, "rejected: no user 7");
  trace.fail(post, "422 user-not-found");
  trace.fail(get, "404 user-not-found");
  return trace.spans();
}

std::vector<SpanRecord> order_while_user_is_down() {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 1320);
  const int post = trace.call(root, "client", "order", "POST /orders", 130, 1290);
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 350, 1180);
  const int get = trace.call(orders, "order", "user", "GET /users/{id}", 480, 700);
  trace.set(get, "error.type", std::string("unreachable"));
  trace.fail(root, "503 upstream-unavailable");
  trace.fail(post, "503 upstream-unavailable");
  trace.fail(orders, "upstream-unavailable");
  trace.fail(get, "unreachable: connection refused by 127.0.0.1:8001");
  return trace.spans();
}

std::vector<SpanRecord> order_while_user_is_killed() {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 1920);
  const int post = trace.call(root, "client", "order", "POST /orders", 130, 1880);
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 350, 1770);
  const int get = trace.call(orders, "order", "user", "GET /users/{id}", 480, 1450);
  trace.set(get, "error.type", std::string("connection-lost"));
  trace.fail(root, "503 upstream-unavailable");
  trace.fail(post, "503 upstream-unavailable");
  trace.fail(orders, "upstream-unavailable");
  trace.fail(get, "connection-lost: the service closed the connection before it answered");
  return trace.spans();
}

std::vector<SpanRecord> order_while_order_is_killed() {
  TraceBuilder trace = sync_order();
  trace.fail(0, "unknown whether the order exists: ask again with the same key");
  trace.fail(1, "connection-lost: the service closed the connection before it answered");
  trace.lose(2);
  return trace.spans();
}

std::vector<SpanRecord> order_while_user_is_paused() {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 1'003'480);
  const int post = trace.call(root, "client", "order", "POST /orders", 150, 1'003'440);
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 410, 1'003'310);
  trace.database(orders, "order", "SELECT order", 470, 530);
  const int get = trace.call(orders, "order", "user", "GET /users/{id}", 560, 1'000'620);
  trace.set(get, "error.type", std::string("timeout"));
  trace.fail(root, "504 upstream-timeout");
  trace.fail(post, "504 upstream-timeout");
  trace.fail(orders, "upstream-timeout");
  trace.fail(get, "timeout: no answer within 1 s");
  return trace.spans();
}

std::vector<SpanRecord> fast_read() {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "user get", SpanKind::internal, 0, 300);
  const int get = trace.call(root, "client", "user", "GET /users/{id}", 31, 287);
  const int users = trace.add(get, "user", "GET /users/{id}", SpanKind::server, 128, 243);
  trace.database(users, "user", "SELECT user", 171, 198);
  return trace.spans();
}

namespace {

/// Up to the lookup's publication, which is the number that is returned.
int ask_for_order(TraceBuilder& trace) {
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 1240);
  const int post = trace.call(root, "client", "order", "POST /orders", 140, 1205);
  trace.set(post, "http.response.status_code", std::int64_t{202});
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 365, 1080);
  trace.database(orders, "order", "INSERT orders", 450, 985);
  return trace.publish(orders, "order", "user.lookup.requested", 470, 1790);
}

/// What follows once the user service has taken the lookup up at `start_us`.
void confirm_order(TraceBuilder& trace, int process, double start_us) {
  const auto at_us = [start_us](double us) { return start_us + us; };
  trace.database(process, "user", "SELECT users", at_us(110), at_us(320));
  const int replied =
      trace.publish(process, "user", "user.lookup.replied", at_us(360), at_us(1130));
  const int replies =
      trace.queue(replied, "order", "user.lookup.replied", at_us(1050), at_us(3210));
  const int confirm =
      trace.process(replies, "order", "user.lookup.replied", 1, at_us(1420), at_us(2530));
  trace.database(confirm, "order", "UPDATE orders", at_us(1510), at_us(2440));
  const int confirmed =
      trace.publish(confirm, "order", "order.confirmed", at_us(1530), at_us(3290));
  const int news = trace.queue(confirmed, "notify", "order.confirmed", at_us(3220), at_us(5310));
  const int note = trace.process(news, "notify", "order.confirmed", 1, at_us(3600), at_us(4610));
  trace.database(note, "notify", "INSERT receipts", at_us(3690), at_us(4520));
}

}  // namespace

TraceBuilder async_order() {
  TraceBuilder trace;
  const int asked = ask_for_order(trace);
  const int lookups = trace.queue(asked, "user", "user.lookup.requested", 1730, 3980);
  const int lookup = trace.process(lookups, "user", "user.lookup.requested", 1, 2110, 3310);
  confirm_order(trace, lookup, 2110);
  return trace;
}

std::vector<SpanRecord> async_order_redelivered() {
  TraceBuilder trace;
  const int asked = ask_for_order(trace);
  const int lookups = trace.queue(asked, "user", "user.lookup.requested", 1730, 18'060);
  const int failed = trace.process(lookups, "user", "user.lookup.requested", 2, 7410, 8320);
  const int select = trace.database(failed, "user", "SELECT users", 7520, 8230);
  trace.fail(select, "storage-failed: disk I/O error");
  trace.fail(failed, "storage-failed");
  const int lookup = trace.process(lookups, "user", "user.lookup.requested", 3, 16'190, 17'390);
  confirm_order(trace, lookup, 16'190);
  return trace.spans();
}

std::vector<SpanRecord> async_order_in_the_queue() {
  TraceBuilder trace;
  ask_for_order(trace);
  return trace.spans();
}

namespace {

/// An order by call up to where the order service asks for the user; what the client waits for
/// ends at `end_us`. Span 2 is the order service's.
TraceBuilder order_by_call(double end_us, std::int64_t status) {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, end_us);
  const int post = trace.call(root, "client", "order", "POST /orders", 140, end_us - 40);
  trace.set(post, "http.response.status_code", status);
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 385, end_us - 180);
  trace.set(orders, "http.response.status_code", status);
  if (status == 201) trace.set(orders, "msdemo.order.id", std::int64_t{7});
  return trace;
}

/// One attempt to get the user, answered by the user service.
int ask_for_user(TraceBuilder& trace, std::int64_t status, double start_us, double end_us) {
  const int get = trace.call(2, "order", "user", "GET /users/{id}", start_us, end_us);
  trace.set(get, "http.response.status_code", status);
  trace.set(get, "msdemo.deadline_ms", 1000 - std::llround(start_us / 1000));
  const int users =
      trace.add(get, "user", "GET /users/{id}", SpanKind::server, start_us + 250, end_us - 150);
  if (status == 200) {
    trace.database(users, "user", "SELECT users", end_us - 560, end_us - 230);
  } else {
    trace.fail(get, "answered " + std::to_string(status));
    trace.fail(users, "answered " + std::to_string(status) + " on purpose");
  }
  return users;
}

}  // namespace

TraceBuilder order_with_retries() {
  TraceBuilder trace = order_by_call(48'210, 201);
  const int first = ask_for_user(trace, 500, 520, 2630);
  trace.decide(first, "fault.error", "fault 1 (error=500#1,2): answers 500 to request 1", 900);
  trace.decide(2, "policy.retry", "retry 1 of 2 after 13 ms: user answered 500", 2700);
  const int second = ask_for_user(trace, 500, 15'730, 17'600);
  trace.decide(second, "fault.error", "fault 1 (error=500#1,2): answers 500 to request 2", 16'100);
  trace.decide(2, "policy.retry", "retry 2 of 2 after 24 ms: user answered 500", 17'680);
  ask_for_user(trace, 200, 41'720, 43'900);
  trace.database(2, "order", "INSERT orders", 44'050, 47'100);
  return trace;
}

TraceBuilder order_while_breaker_is_open() {
  TraceBuilder trace = order_by_call(1320, 503);
  trace.decide(2, "policy.breaker",
               "breaker open: 10 of 20 calls to user failed, 50 % is allowed; it lets the next one "
               "through in 3,210 ms",
               540);
  trace.fail(0, "the circuit breaker is open");
  trace.fail(1, "answered 503");
  trace.fail(2, "the circuit breaker is open");
  return trace;
}

TraceBuilder order_past_its_deadline() {
  TraceBuilder trace = order_by_call(201'900, 504);
  const int get = trace.call(2, "order", "user", "GET /users/{id}", 560, 200'620);
  trace.set(get, "error.type", std::string("timeout"));
  trace.set(get, "msdemo.deadline_ms", std::int64_t{200});
  const int users = trace.add(get, "user", "GET /users/{id}", SpanKind::server, 810, 1'003'510);
  trace.database(users, "user", "SELECT users", 1'003'060, 1'003'390);
  trace.decide(users, "fault.latency", "fault 2 (latency=1s): waits 1,000 ms", 830);
  trace.decide(2, "policy.deadline", "deadline 200 ms is over: 1 attempt of user took 200 ms",
               200'700);
  trace.fail(0, "the user service did not answer in time");
  trace.fail(1, "answered 504");
  trace.fail(2, "the user service did not answer in time");
  trace.fail(get, "no answer came in time");
  return trace;
}

TraceBuilder order_with_latency() {
  TraceBuilder trace = order_by_call(105'100, 201);
  const int users = ask_for_user(trace, 200, 520, 102'010);
  trace.decide(users, "fault.latency", "fault 2 (latency=100ms): waits 100 ms", 800);
  trace.database(2, "order", "INSERT orders", 102'120, 104'700);
  return trace;
}

TraceBuilder order_with_fallback() {
  TraceBuilder trace = order_by_call(5300, 201);
  const int get = trace.call(2, "order", "user", "GET /users/{id}", 520, 740);
  trace.set(get, "error.type", std::string("unreachable"));
  trace.fail(get, "unreachable: connection refused by 127.0.0.1:8001");
  trace.decide(2, "policy.retry_refused",
               "retry refused: budget spent (12 retries for 40 calls in 10 s; 20 % and 3 are "
               "allowed)",
               790);
  trace.decide(2, "policy.fallback", "fallback: the name that user 1 had 8 s ago", 800);
  trace.database(2, "order", "INSERT orders", 880, 4950);
  return trace;
}

TraceBuilder async_order_poisoned() {
  TraceBuilder trace;
  const int asked = ask_for_order(trace);
  trace.set(2, "msdemo.order.id", std::int64_t{18});
  trace.set(2, "http.response.status_code", std::int64_t{202});
  const int lookups = trace.queue(asked, "user", "user.lookup.requested", 1730, 92'400);
  const std::string reason = "no consumer can read it";
  double start_us = 2100;
  for (std::int64_t attempt = 1; attempt <= 10; ++attempt) {
    const int tried =
        trace.process(lookups, "user", "user.lookup.requested", attempt, start_us, start_us + 600);
    trace.decide(tried, "fault.nack", "fault 3 (nack): gives message 18 back", start_us + 200);
    trace.fail(tried, attempt < 10 ? reason + "; again in 9 ms" : reason);
    start_us += 9980;
  }
  trace.fail(lookups, "dead letter: " + reason);
  const int dead = trace.queue(asked, "order", "user.lookup.requested.dead", 92'380, 95'900);
  const int failed = trace.process(dead, "order", "user.lookup.requested.dead", 1, 92'900, 95'200);
  trace.database(failed, "order", "UPDATE orders", 93'000, 95'100);
  return trace;
}

std::vector<timeline::ComparedOrder> compared_orders() {
  std::vector<timeline::ComparedOrder> orders;
  for (int number = 0; number < 3; ++number) {
    timeline::ComparedOrder order;
    order.style = "sync";
    order.label = "order " + std::to_string(21 + number);
    order.asked_unix_nano = at(104'300 * number);
    order.free_unix_nano = at(104'300 * number + 104'100 + 220 * number);
    order.done_unix_nano = order.free_unix_nano;
    orders.push_back(order);
  }
  for (int number = 0; number < 3; ++number) {
    const double asked_us = 1'000'000 + 1310 * number;
    const double lookup_us = 1'002'110 + 101'900 * number;
    TraceBuilder trace;
    trace.process(-1, "user", "user.lookup.requested", 1, lookup_us, lookup_us + 101'100);
    trace.process(-1, "order", "user.lookup.replied", 1, lookup_us + 101'400, lookup_us + 102'600);
    trace.process(-1, "notify", "order.confirmed", 1, lookup_us + 103'400, lookup_us + 104'500);
    timeline::ComparedOrder order;
    order.style = "async";
    order.label = "order " + std::to_string(24 + number);
    order.asked_unix_nano = at(asked_us);
    order.free_unix_nano = at(asked_us + 1240 + 30 * number);
    order.done_unix_nano = at(lookup_us + 102'600);
    order.spans = trace.spans();
    orders.push_back(order);
  }
  return orders;
}

std::vector<SpanRecord> names_of_the_world() {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "本を注文する", SpanKind::internal, 0, 3000);
  const int cafe =
      trace.add(root, "order", "cafe\u0301 \U0001F4DA\U0001F4DA", SpanKind::server, 300, 2700);
  trace.add(cafe, "שירות", "שלום עולם", SpanKind::internal, 500, 900);
  trace.add(cafe, "order", "\x1b[31mred\x1b[0m\nnext\ttab", SpanKind::internal, 900, 1400);
  trace.add(cafe, "order", "\u202eesrever", SpanKind::internal, 1400, 1600);
  const int long_name = trace.add(cafe, "サービスの名前がとても長い",
                                  "a name that is longer than any column would ever be, really, "
                                  "so that it has to be cut somewhere before its end is reached",
                                  SpanKind::internal, 1600, 2600);
  trace.fail(long_name,
             "原因：とても長い理由は行の中に入らないので、下の行に書かれます。 \x07 ¡Ay! 한국어 🚨");
  return trace.spans();
}

}  // namespace msdemo::test
