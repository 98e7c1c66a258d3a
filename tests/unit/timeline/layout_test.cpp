// Where spans go: order, depth, who works and who waits, and what is missing.
#include "timeline/layout.hpp"

#include <algorithm>
#include <limits>

#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "trace/otlp.hpp"
#include "unit/timeline/layout_text.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
namespace trace = msdemo::trace;
using msdemo::test::division;
using msdemo::test::outline;
using msdemo::test::TraceBuilder;
using timeline::complete;
using timeline::lay_out;
using timeline::Layout;
using timeline::Row;
using trace::SpanKind;

TEST_CASE("callers are above what they called, siblings by start", "[timeline]") {
  auto spans = test::sync_order().spans();
  const std::string expected =
      "0 client order create, 1 client POST /orders, 2 order POST /orders, "
      "3 order GET /users/{id}, 4 user GET /users/{id}, 5 user SELECT user, 3 order INSERT order";
  CHECK(outline(lay_out(spans)) == expected);
  std::ranges::reverse(spans);
  CHECK(outline(lay_out(spans)) == expected);
  CHECK(complete(spans));
  CHECK(lay_out(spans).length_ns == 4'831'000);
}

TEST_CASE("a blocked caller waits while its callee works", "[timeline]") {
  const Layout layout = lay_out(test::sync_order().spans());
  CHECK(division(layout.rows[0]) == "work 0-140, waiting 140-4790, work 4790-4831");
  SECTION("a call's own time is the way there and back") {
    CHECK(division(layout.rows[1]) == "work 140-385, waiting 385-4655, work 4655-4790");
  }
  SECTION("a service works before, between and after its calls") {
    CHECK(division(layout.rows[2]) ==
          "work 385-520, waiting 520-1630, work 1630-1745, waiting 1745-4480, work 4480-4655");
  }
  SECTION("a database has nobody to wait for") {
    CHECK(division(layout.rows[6]) == "work 1745-4480");
  }
}

TEST_CASE("an internal span of the same service hands its waiting up", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "order", "POST /orders", SpanKind::server, 0, 100);
  const int step = trace.add(root, "order", "place", SpanKind::internal, 10, 90);
  trace.database(step, "order", "INSERT order", 30, 60);
  CHECK(division(lay_out(trace.spans()).rows[0]) == "work 0-30, waiting 30-60, work 60-100");
}

TEST_CASE("calls at the same time are one wait", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "order", "POST /orders", SpanKind::server, 0, 100);
  trace.database(root, "order", "SELECT a", 10, 40);
  trace.database(root, "order", "SELECT b", 20, 30);
  trace.database(root, "order", "SELECT c", 35, 60);
  CHECK(division(lay_out(trace.spans()).rows[0]) == "work 0-10, waiting 10-60, work 60-100");
}

TEST_CASE("a message does not make its sender wait for the consumer", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "order", "publish", SpanKind::producer, 0, 10);
  trace.add(root, "notify", "receive", SpanKind::consumer, 5, 50);
  CHECK(division(lay_out(trace.spans()).rows[0]) == "work 0-10");
}

TEST_CASE("a callee that never arrived has a row", "[timeline]") {
  const auto spans = test::order_while_user_is_killed();
  const Layout layout = lay_out(spans);
  REQUIRE(layout.rows.size() == spans.size() + 1);
  const Row& missing = layout.rows.back();
  CHECK(missing.missing);
  CHECK(missing.service == "user");
  CHECK(missing.depth == 4);
  CHECK(missing.remark == "no span arrived from user");
  CHECK(division(missing) == "missing 480-1450");
  CHECK(division(layout.rows[3]) == "waiting 480-1450");
  CHECK_FALSE(complete(spans));
}

TEST_CASE("a callee is named by its address if nothing else is known", "[timeline]") {
  TraceBuilder trace;
  const int call = trace.add(-1, "order", "GET", SpanKind::client, 0, 10);
  trace.set(call, "server.address", std::string("::1"));
  trace.set(call, "server.port", std::int64_t{8001});
  const Layout layout = lay_out(trace.spans());
  REQUIRE(layout.rows.size() == 2);
  CHECK(layout.rows[1].remark == "no span arrived from ::1:8001");
  CHECK(layout.rows[1].service.empty());
}

TEST_CASE("a call of a program that records no spans is a wait, and nothing is missing",
          "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 20);
  const int call = trace.call(root, "client", "order", "POST /orders", 0, 10);
  CHECK_FALSE(complete(trace.spans()));
  trace.set(call, trace::kUntracedPeer, true);
  const Layout layout = lay_out(trace.spans());
  REQUIRE(layout.rows.size() == 2);
  CHECK(division(layout.rows[1]) == "waiting 0-10");
  CHECK(division(layout.rows[0]) == "waiting 0-10, work 10-20");
  CHECK(complete(trace.spans()));

  // One that does record its spans is believed.
  trace.add(call, "order", "POST /orders", SpanKind::server, 2, 8);
  CHECK(division(lay_out(trace.spans()).rows[1]) == "work 0-2, waiting 2-8, work 8-10");
}

TEST_CASE("nobody is missed who cannot have answered", "[timeline]") {
  SECTION("a refused connection") {
    CHECK(complete(test::order_while_user_is_down()));
  }
  SECTION("a database, even one with an address") {
    TraceBuilder trace;
    const int query = trace.database(-1, "order", "SELECT", 0, 10);
    trace.set(query, "server.address", std::string("db"));
    CHECK(complete(trace.spans()));
  }
  SECTION("the outer one of two client spans for one call") {
    TraceBuilder trace;
    const int outer = trace.call(-1, "order", "user", "GET /users/{id}", 0, 10);
    const int attempt = trace.call(outer, "order", "user", "GET", 1, 9);
    trace.add(attempt, "user", "GET /users/{id}", SpanKind::server, 2, 8);
    CHECK(complete(trace.spans()));
  }
}

TEST_CASE("a handled reply without a decision is not the end of an order", "[timeline]") {
  auto spans = test::async_order().spans();
  CHECK(complete(spans));
  std::erase_if(spans, [](const trace::SpanRecord& span) {
    return span.name.find("order.confirmed") != std::string::npos;
  });
  CHECK_FALSE(complete(spans));
}

TEST_CASE("orphans of a killed service hang below the call it had to answer", "[timeline]") {
  const Layout layout = lay_out(test::order_while_order_is_killed());
  CHECK(
      outline(layout) ==
      "0 client order create, 1 client POST /orders, 2 order missing, "
      "3 order GET /users/{id}, 4 user GET /users/{id}, 5 user SELECT user, 3 order INSERT order");
  CHECK(layout.rows[2].remark == "no span arrived from order (killed process?)");
}

TEST_CASE("orphans whose call is not known have a missing parent of their own", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "client", "order create", SpanKind::internal, 0, 100);
  SECTION("because there are two such calls") {
    trace.call(root, "client", "order", "POST /orders", 10, 90);
    trace.call(root, "client", "order", "POST /orders", 10, 90);
  }
  SECTION("because the only one was over before") {
    trace.call(root, "client", "order", "POST /orders", 10, 15);
  }
  const int lost = trace.add(root, "order", "POST /orders", SpanKind::server, 20, 80);
  trace.database(lost, "order", "INSERT order", 30, 60);
  trace.database(lost, "order", "SELECT order", 25, 28);
  trace.lose(lost);
  const Layout layout = lay_out(trace.spans());
  const auto row = std::ranges::find_if(
      layout.rows, [](const Row& each) { return each.missing && each.depth == 0; });
  REQUIRE(row != layout.rows.end());
  CHECK(row->service == "order");
  CHECK(row->remark == "a span that never arrived (killed process?)");
  CHECK(division(*row) == "missing 25-60");
  CHECK((row + 1)->name == "SELECT order");
  CHECK((row + 2)->name == "INSERT order");
  CHECK((row + 2)->depth == 1);
}

TEST_CASE("a caller that is not traced here is named as that", "[timeline]") {
  TraceBuilder trace;
  const int outside = trace.add(-1, "shop", "checkout", SpanKind::client, 0, 10);
  trace.add(outside, "order", "GET /orders", SpanKind::server, 2, 8);
  trace.lose(outside);
  const Layout layout = lay_out(trace.spans());
  REQUIRE(layout.rows.size() == 2);
  CHECK(layout.rows[0].remark == "no span arrived from the caller");
  CHECK(layout.rows[0].service.empty());
  CHECK_FALSE(complete(trace.spans()));
}

TEST_CASE("a failed span says why, another one nothing", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.call(-1, "client", "order", "POST /orders", 0, 10);
  trace.set(root, "error.type", std::string("unreachable"));
  CHECK(lay_out(trace.spans()).rows[0].remark.empty());
  CHECK_FALSE(lay_out(trace.spans()).rows[0].failed);
  SECTION("in its own words") {
    trace.fail(root, "connection refused");
    CHECK(lay_out(trace.spans()).rows[0].remark == "connection refused");
    CHECK(lay_out(trace.spans()).rows[0].failed);
  }
  SECTION("or by its type") {
    trace.fail(root, "");
    CHECK(lay_out(trace.spans()).rows[0].remark == "unreachable");
  }
  SECTION("or by its status") {
    TraceBuilder other;
    const int get = other.add(-1, "client", "GET", SpanKind::client, 0, 10);
    other.set(get, "http.response.status_code", std::int64_t{503});
    other.fail(get, "");
    CHECK(lay_out(other.spans()).rows[0].remark == "answered 503");
  }
}

TEST_CASE("times are drawn as measured", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "order", "POST /orders", SpanKind::server, 100, 200);
  SECTION("a child outside its parent, whose waiting stays inside it") {
    trace.database(root, "order", "before", 50, 120);
    trace.database(root, "order", "after", 190, 250);
    const Layout layout = lay_out(trace.spans());
    CHECK(division(layout.rows[0]) == "waiting 50-70, work 70-140, waiting 140-150");
    CHECK(division(layout.rows[1]) == "work 0-70");
    CHECK(division(layout.rows[2]) == "work 140-200");
  }
  SECTION("no length") {
    trace.add(root, "order", "instant", SpanKind::internal, 150, 150);
    CHECK(division(lay_out(trace.spans()).rows[1]) == "work 50-50");
  }
  SECTION("an end before the start") {
    trace.add(root, "order", "back", SpanKind::internal, 150, 140);
    const Row row = lay_out(trace.spans()).rows[1];
    CHECK(row.end_ns - row.start_ns == -10'000);
    CHECK(division(row) == "work 50-50");
    CHECK(row.remark == "ends before it begins: its clock was set back");
  }
}

TEST_CASE("times at the limits of their type do not overflow", "[timeline]") {
  auto spans = test::sync_order().spans();
  spans[1].start_unix_nano = std::numeric_limits<std::int64_t>::min();
  spans[2].end_unix_nano = std::numeric_limits<std::int64_t>::max();
  spans[3].end_unix_nano = std::numeric_limits<std::int64_t>::min();
  const Layout layout = lay_out(spans);
  CHECK(layout.rows.size() == spans.size());
  CHECK(layout.length_ns > 0);
}

TEST_CASE("parents that form a loop are cut", "[timeline]") {
  auto spans = test::sync_order().spans();
  SECTION("a span that is its own parent") {
    spans[0].parent_span_id = spans[0].span_id;
    CHECK(lay_out(spans).rows[0].remark == "called by its own callee: its parents form a loop");
  }
  SECTION("a loop of all") {
    spans[0].parent_span_id = spans[5].span_id;
  }
  SECTION("a loop beside the tree") {
    spans[2].parent_span_id = spans[5].span_id;
  }
  const Layout layout = lay_out(spans);
  CHECK(std::ranges::count(layout.rows, false, &Row::missing) == 7);
  CHECK_FALSE(complete(spans));
}

TEST_CASE("of spans with one id the first counts", "[timeline]") {
  auto spans = test::sync_order().spans();
  spans.push_back(spans[2]);
  spans.back().start_unix_nano = 0;
  spans.back().name = "again";
  const Layout layout = lay_out(spans);
  CHECK(layout.rows.size() == 7);
  CHECK(layout.rows[2].name == "POST /orders");
  CHECK(layout.length_ns == 4'831'000);
}

TEST_CASE("several roots, or none, or nothing", "[timeline]") {
  CHECK(lay_out({}).rows.empty());
  CHECK_FALSE(complete({}));
  TraceBuilder trace;
  trace.add(-1, "order", "second", SpanKind::server, 20, 30);
  trace.add(-1, "order", "first", SpanKind::server, 0, 10);
  CHECK(outline(lay_out(trace.spans())) == "0 order first, 0 order second");
  CHECK(complete(trace.spans()));
}

TEST_CASE("a dead letter's copy is not enough without the letter", "[timeline]") {
  auto spans = test::async_order_poisoned().spans();
  REQUIRE(complete(spans));
  std::erase_if(spans, [](const trace::SpanRecord& span) {
    return span.service == "user" || span.status_message.starts_with("dead letter: ");
  });
  CHECK_FALSE(complete(spans));
}

TEST_CASE("a chain of 2000 spans is laid out", "[timeline]") {
  TraceBuilder trace;
  for (int span = 0; span < 2000; ++span) {
    trace.add(span - 1, "order", "step", SpanKind::internal, span, 4000 - span);
  }
  const Layout layout = lay_out(trace.spans());
  REQUIRE(layout.rows.size() == 2000);
  CHECK(layout.rows.back().depth == 1999);
}
