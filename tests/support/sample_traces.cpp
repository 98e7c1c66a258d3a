// The stories of sample_traces.hpp. Their times are those of a laptop, so that the approved
// pictures look like what people will see.
#include "support/sample_traces.hpp"

#include <cmath>

namespace msdemo::test {

using trace::SpanKind;
using trace::SpanRecord;

namespace {

constexpr std::int64_t kBeginning = 1'795'394'401'000'000'000;  // 2026-11-23T00:40:01Z

std::int64_t at(double us) {
  return kBeginning + std::llround(us * 1000);
}

}  // namespace

int TraceBuilder::add(int parent, std::string_view service, std::string_view name, SpanKind kind,
                      double start_us, double end_us) {
  SpanRecord span;
  span.trace_id = {0x0af7651916cd43dd, 0x8448eb211c80319c};
  span.span_id = {spans_.size() + 1};
  span.parent_span_id = {static_cast<std::uint64_t>(parent + 1)};
  span.service = service;
  span.name = name;
  span.kind = kind;
  span.start_unix_nano = at(start_us);
  span.end_unix_nano = at(end_us);
  spans_.push_back(span);
  lost_.push_back(false);
  return static_cast<int>(spans_.size()) - 1;
}

int TraceBuilder::call(int parent, std::string_view service, std::string_view peer,
                       std::string_view name, double start_us, double end_us) {
  const int span = add(parent, service, name, SpanKind::client, start_us, end_us);
  set(span, "http.request.method", std::string(name.substr(0, name.find(' '))));
  set(span, "server.address", std::string("127.0.0.1"));
  set(span, "server.port", std::int64_t{8001});
  set(span, "peer.service", std::string(peer));
  return span;
}

int TraceBuilder::database(int parent, std::string_view service, std::string_view name,
                           double start_us, double end_us) {
  const int span = add(parent, service, name, SpanKind::client, start_us, end_us);
  set(span, "db.system.name", std::string("sqlite"));
  return span;
}

int TraceBuilder::publish(int parent, std::string_view service, std::string_view topic,
                          double start_us, double end_us) {
  return add(parent, service, "publish " + std::string(topic), SpanKind::producer, start_us,
             end_us);
}

int TraceBuilder::queue(int producer, std::string_view group, std::string_view topic,
                        double start_us, double end_us) {
  const int span =
      add(producer, "broker", "queue " + std::string(topic), SpanKind::internal, start_us, end_us);
  set(span, "messaging.destination.name", std::string(topic));
  set(span, "messaging.consumer.group.name", std::string(group));
  return span;
}

int TraceBuilder::process(int queue, std::string_view service, std::string_view topic,
                          std::int64_t attempt, double start_us, double end_us) {
  const int span =
      add(queue, service, "process " + std::string(topic), SpanKind::consumer, start_us, end_us);
  set(span, "messaging.delivery.attempt", attempt);
  return span;
}

void TraceBuilder::set(int span, std::string_view key, trace::AttributeValue value) {
  spans_.at(static_cast<std::size_t>(span)).attributes.emplace_back(key, std::move(value));
}

void TraceBuilder::fail(int span, std::string_view reason) {
  SpanRecord& record = spans_.at(static_cast<std::size_t>(span));
  record.status = trace::SpanStatus::error;
  record.status_message = reason;
}

void TraceBuilder::lose(int span) {
  lost_.at(static_cast<std::size_t>(span)) = true;
}

std::vector<SpanRecord> TraceBuilder::spans() const {
  std::vector<SpanRecord> kept;
  for (std::size_t span = 0; span < spans_.size(); ++span) {
    if (!lost_[span]) kept.push_back(spans_[span]);
  }
  return kept;
}

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
