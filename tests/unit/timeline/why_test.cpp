// Why an order ended as it did: what decided, as the services said it, and what was measured.
#include "timeline/why.hpp"

#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "timeline/layout.hpp"
#include "timeline/sentence.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
using msdemo::trace::SpanKind;
using test::TraceBuilder;
using timeline::explain;
using timeline::Explanation;

namespace {

/// `order asks user GET /users/{id}: 3, 2 failed`
std::string attempts_of(const Explanation& explanation, std::size_t at) {
  const timeline::Attempts& all = explanation.attempts.at(at);
  return all.service + (all.peer.empty() ? " has " : " asks " + all.peer + " ") + all.name + ": " +
         std::to_string(all.attempts) + ", " + std::to_string(all.failed) + " failed";
}

}  // namespace

TEST_CASE("numbers of sentences have separators and units", "[timeline]") {
  CHECK(timeline::format_count(0) == "0");
  CHECK(timeline::format_count(-999) == "-999");
  CHECK(timeline::format_count(-1000) == "-1,000");
  CHECK(timeline::format_count(1'234'567) == "1,234,567");
  CHECK(timeline::count_of(1, "attempt") == "1 attempt");
  CHECK(timeline::count_of(1200, "attempt") == "1,200 attempts");
  CHECK(timeline::format_milliseconds(0) == "0.00 ms");
  CHECK(timeline::format_milliseconds(312'000) == "0.31 ms");
  CHECK(timeline::format_milliseconds(999'000) == "1.0 ms");
  CHECK(timeline::format_milliseconds(2'140'000) == "2.1 ms");
  CHECK(timeline::format_milliseconds(99'960'000) == "100 ms");
  CHECK(timeline::format_milliseconds(1'002'700'000) == "1,003 ms");
  CHECK(timeline::format_milliseconds(-1'500'000) == "-1.5 ms");
}

TEST_CASE("when nothing was decided, why says so and what took the time", "[timeline]") {
  const Explanation told = explain(test::sync_order().spans());
  CHECK(told.headline ==
        "an order, HTTP 201 after 4.7 ms: no rule interfered, user answered in 1.1 ms, the order "
        "was stored in 2.7 ms");
  CHECK(told.decisions.empty());
  CHECK(told.order_id == std::nullopt);
  CHECK(attempts_of(told, 0) == "client asks order POST /orders: 1, 0 failed");
  CHECK(attempts_of(told, 1) == "order asks user GET /users/{id}: 1, 0 failed");

  SECTION("for any request") {
    CHECK(explain(test::fast_read()).headline ==
          "GET /users/{id}, no answer after 0.26 ms: no rule interfered");
  }
  SECTION("for a service that is down") {
    CHECK(explain(test::order_while_user_is_down()).headline ==
          "perhaps an order, no answer after 1.2 ms: no rule interfered, user: unreachable after "
          "0.22 ms");
  }
}

TEST_CASE("the last retry is what an order that succeeded owes it to", "[timeline]") {
  const Explanation told = explain(test::order_with_retries().spans());
  CHECK(told.order_id == 7);
  CHECK(told.headline ==
        "order 7, HTTP 201 after 48.0 ms: retry 2 of 2 after 24 ms: user answered 500");
  REQUIRE(told.decisions.size() == 4);
  CHECK(told.decisions[0].name == "fault.error");
  CHECK(told.decisions[0].service == "user");
  CHECK(told.decisions[0].span == "GET /users/{id}");
  CHECK(told.decisions[1].rule == "retry 1 of 2 after 13 ms: user answered 500");
  CHECK(told.decisions[1].at_ns == 2'700'000);
  CHECK(attempts_of(told, 1) == "order asks user GET /users/{id}: 3, 2 failed");
  REQUIRE(told.measured.size() == 2);
  CHECK(told.measured[0] ==
        "3 attempts for 1 call: order asked user GET /users/{id}: 500 in 2.1 ms, 500 in 1.9 ms, "
        "200 in 2.2 ms");
  CHECK(told.measured[1] == "the order was stored in 3.0 ms");
}

TEST_CASE("a deadline is told with how late the answer was", "[timeline]") {
  TraceBuilder trace = test::order_past_its_deadline();
  const std::string begin = "no order, HTTP 504 after 202 ms: 200 ms deadline, user ";
  CHECK(explain(trace.spans()).headline == begin + "answered after 1,003 ms");
  SECTION("or that the callee did not go on") {
    trace.set(4, "error.type", std::string("deadline-exceeded"));
    CHECK(explain(trace.spans()).headline == begin + "gave up after 1,003 ms");
    trace.set(3, "error.type", std::string());
    trace.set(3, "http.response.status_code", std::int64_t{504});
    trace.decide(2, "policy.retry_refused", "retry refused: the deadline of 200 ms leaves 0 ms",
                 200'800);
    CHECK(explain(trace.spans()).headline == begin + "gave up after 1,003 ms");
  }
  SECTION("or that there is none yet") {
    trace.lose(4);
    CHECK(explain(trace.spans()).headline == begin + "had not answered when this was drawn");
  }
}

TEST_CASE("a breaker that lets nothing through decides without any attempt", "[timeline]") {
  const Explanation told = explain(test::order_while_breaker_is_open().spans());
  CHECK(told.headline ==
        "no order, HTTP 503 after 1.1 ms: breaker open: 10 of 20 calls to user failed, 50 % is "
        "allowed; it lets the next one through in 3,210 ms");
  CHECK(told.attempts.size() == 1);
  CHECK(told.measured.empty());
}

TEST_CASE("a fallback decides after what was refused before it", "[timeline]") {
  const Explanation told = explain(test::order_with_fallback().spans());
  CHECK(told.headline ==
        "order 7, HTTP 201 after 5.1 ms: fallback: the name that user 1 had 8 s ago");
  CHECK(told.decisions.size() == 2);
}

TEST_CASE("a fault alone explains the time that an order took", "[timeline]") {
  CHECK(explain(test::order_with_latency().spans()).headline ==
        "order 7, HTTP 201 after 105 ms: fault 2 (latency=100ms): waits 100 ms");
}

TEST_CASE("only what was decided from the last attempt on explains a failure", "[timeline]") {
  TraceBuilder trace;
  const int post = trace.call(-1, "client", "order", "POST /orders", 0, 1000);
  trace.set(post, "http.response.status_code", std::int64_t{503});
  const int orders = trace.add(post, "order", "POST /orders", SpanKind::server, 10, 990);
  const auto attempt = [&](double start_us, std::int64_t status) {
    const int get =
        trace.call(orders, "order", "user", "GET /users/{id}", start_us, start_us + 100);
    trace.set(get, "http.response.status_code", status);
    trace.fail(get, "answered");
    return trace.add(get, "user", "GET /users/{id}", SpanKind::server, start_us + 10,
                     start_us + 90);
  };
  attempt(100, 500);
  trace.decide(orders, "policy.retry", "retry 1 of 1", 210);
  const int last = attempt(300, 503);
  const std::string begin = "no order, HTTP 503 after 1.0 ms: ";
  SECTION("nothing: what the callee answered") {
    CHECK(explain(trace.spans()).headline == begin + "no rule decided that, user: 503 in 0.10 ms");
  }
  SECTION("latency does not make anybody answer 503") {
    trace.decide(last, "fault.latency", "fault 1 (latency=1us): waits 0.001 ms", 320);
    CHECK(explain(trace.spans()).headline == begin + "no rule decided that, user: 503 in 0.10 ms");
  }
  SECTION("the callee's own rule") {
    trace.decide(last, "policy.shed", "shed: 120 ms in the queue, 100 ms are allowed", 320);
    CHECK(explain(trace.spans()).headline ==
          begin + "shed: 120 ms in the queue, 100 ms are allowed");
  }
  SECTION("nothing at all, if there was no retry either") {
    auto spans = trace.spans();
    spans[1].events.clear();
    CHECK(explain(spans).headline == begin + "no rule interfered, user: 503 in 0.10 ms");
  }
  SECTION("a policy after a fault, and before one that came later") {
    trace.decide(orders, "policy.breaker",
                 "breaker closed: 3 of 4 calls failed, but it judges from 10", 420);
    trace.decide(last, "fault.error", "fault 1 (error=503): answers 503", 430);
    CHECK(explain(trace.spans()).headline ==
          begin + "breaker closed: 3 of 4 calls failed, but it judges from 10");
  }
}

TEST_CASE("an order by message is followed from one consumer to the next", "[timeline]") {
  TraceBuilder trace = test::async_order();
  trace.set(2, "msdemo.order.id", std::int64_t{18});
  const Explanation told = explain(trace.spans());
  CHECK(told.headline ==
        "order 18, HTTP 202 after 1.1 ms, confirmed after 4.5 ms: no rule interfered, "
        "user.lookup.requested was 0.38 ms in the queue of user");
  REQUIRE(told.measured.size() == 4);
  CHECK(told.measured[1] == "user.lookup.requested to user: 0.38 ms in the queue, done in 1.2 ms");
  CHECK(told.measured[3] == "order.confirmed to notify: 0.38 ms in the queue, done in 1.0 ms");
  CHECK(attempts_of(told, 1) == "user has user.lookup.requested: 1, 0 failed");
}

TEST_CASE("deliveries that failed and those that never told explain an order", "[timeline]") {
  const Explanation told = explain(test::async_order_redelivered());
  CHECK(told.headline ==
        "an order, HTTP 202 after 1.1 ms, confirmed after 18.6 ms: user.lookup.requested took 3 "
        "attempts: storage-failed");
  CHECK(told.measured[1] ==
        "user.lookup.requested to user: 3 attempts: 1 left no span, 2 failed after 6.6 ms "
        "(storage-failed), 3 done after 15.7 ms");
  CHECK(attempts_of(told, 1) == "user has user.lookup.requested: 3, 1 failed");
}

TEST_CASE("a dead letter tells its attempts and its reason", "[timeline]") {
  const Explanation told = explain(test::async_order_poisoned().spans());
  CHECK(told.order_id == 18);
  CHECK(told.headline ==
        "order 18, HTTP 202 after 1.1 ms, failed after 95.1 ms: user.lookup.requested became a "
        "dead letter after 10 attempts: no consumer can read it");
  CHECK(told.measured[1] ==
        "user.lookup.requested to user: 10 attempts: 1 failed after 0.97 ms (no consumer can read "
        "it; again in 9 ms), 8 more, 10 failed after 90.8 ms (no consumer can read it), then a "
        "dead letter");
  CHECK(attempts_of(told, 1) == "user has user.lookup.requested: 10, 10 failed");
  CHECK(told.decisions.size() == 10);
}

TEST_CASE("a message that nobody has acked leaves the order pending", "[timeline]") {
  const Explanation told = explain(test::async_order_in_the_queue());
  CHECK(told.headline ==
        "an order, HTTP 202 after 1.1 ms, pending: user.lookup.requested: not acked when this was "
        "drawn");
  SECTION("also while a consumer has it") {
    TraceBuilder trace = test::async_order();
    for (int span = 5; span < 16; ++span) {
      if (span != 6) trace.lose(span);
    }
    CHECK(explain(trace.spans())
              .headline.find(", pending: user.lookup.requested to user: 0.32 ms "
                             "in the queue, done in 1.2 ms") != std::string::npos);
  }
}

TEST_CASE("only the order itself knows why it was rejected", "[timeline]") {
  TraceBuilder trace;
  const int orders = trace.add(-1, "order", "POST /orders", SpanKind::server, 0, 1000);
  trace.set(orders, "msdemo.order.id", std::int64_t{3});
  trace.set(orders, "http.response.status_code", std::int64_t{202});
  const int decided = trace.process(-1, "order", "user.lookup.replied", 1, 2000, 3000);
  trace.publish(decided, "order", "order.rejected", 2900, 3100);
  CHECK(explain(trace.spans()).rejected);
  CHECK(explain(trace.spans(), "user 9 does not exist").headline ==
        "order 3, HTTP 202 after 1.0 ms, rejected after 3.0 ms: user 9 does not exist");
}

TEST_CASE("whether there is an order is not guessed", "[timeline]") {
  const auto without_answer = [](const char* type) {
    TraceBuilder trace;
    const int post = trace.call(-1, "client", "order", "POST /orders", 0, 1000);
    trace.set(post, "error.type", std::string(type));
    trace.fail(post, "no answer");
    return explain(trace.spans()).headline;
  };
  CHECK(without_answer("connection-lost").starts_with("perhaps an order, no answer after 1.0 ms"));
  CHECK(without_answer("unreachable").starts_with("no order, no answer after 1.0 ms: "));
}

TEST_CASE("of several requests for an order the earliest is explained", "[timeline]") {
  TraceBuilder trace;
  const int again = trace.add(-1, "order", "POST /orders", SpanKind::server, 500, 900);
  const int first = trace.add(-1, "order", "POST /orders", SpanKind::server, 100, 300);
  for (const int orders : {again, first}) {
    trace.set(orders, "msdemo.order.id", std::int64_t{7});
    trace.set(orders, "http.response.status_code", std::int64_t{201});
  }
  CHECK(explain(trace.spans()).headline == "order 7, HTTP 201 after 0.20 ms: no rule interfered");
}

TEST_CASE("events that name no rule decide nothing", "[timeline]") {
  auto spans = test::sync_order().spans();
  spans[2].events.push_back({"fault.latency", spans[2].start_unix_nano, {{"delay_us", 5.0}}});
  spans[2].events.push_back({"cache.miss", spans[2].start_unix_nano, {{"rule", "none"}}});
  CHECK(explain(spans).decisions.empty());
  CHECK(timeline::lay_out(spans).decisions.empty());
}

TEST_CASE("decisions are numbered by time and marked on their spans' rows", "[timeline]") {
  using timeline::Mark;
  using timeline::MarkKind;
  const timeline::Layout layout = timeline::lay_out(test::order_with_retries().spans());
  REQUIRE(layout.decisions.size() == 4);
  REQUIRE(layout.rows[2].name == "POST /orders");
  CHECK(layout.rows[2].marks ==
        std::vector<Mark>{{MarkKind::decision, 2'700'000, 2}, {MarkKind::decision, 17'680'000, 4}});
  CHECK(layout.rows[4].marks == std::vector<Mark>{{MarkKind::decision, 900'000, 1}});
  CHECK(layout.rows[0].marks.empty());
}
