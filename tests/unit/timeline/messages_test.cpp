// Where messages go: queues and consumers beside their producer, redeliveries, and what is not
// acked.
#include <algorithm>

#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "timeline/branches.hpp"
#include "timeline/layout.hpp"
#include "unit/timeline/layout_text.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
using msdemo::test::division;
using msdemo::test::outline;
using msdemo::test::TraceBuilder;
using msdemo::trace::SpanKind;
using timeline::complete;
using timeline::lay_out;
using timeline::Layout;
using timeline::Row;

TEST_CASE("a message's way on is as deep as its producer", "[timeline]") {
  auto spans = test::async_order().spans();
  const std::string expected =
      "0 client order create, 1 client POST /orders, 2 order POST /orders, 3 order INSERT orders, "
      "3 order publish user.lookup.requested, 3> broker queue user.lookup.requested, "
      "3> user process user.lookup.requested, 4 user SELECT users, "
      "4 user publish user.lookup.replied, 4> broker queue user.lookup.replied, "
      "4> order process user.lookup.replied, 5 order UPDATE orders, "
      "5 order publish order.confirmed, 5> broker queue order.confirmed, "
      "5> notify process order.confirmed, 6 notify INSERT receipts";
  CHECK(outline(lay_out(spans)) == expected);
  std::ranges::reverse(spans);
  CHECK(outline(lay_out(spans)) == expected);
  CHECK(complete(spans));
  CHECK(lay_out(spans).length_ns == 7'420'000);
}

TEST_CASE("a message is queued but for the time a consumer has it", "[timeline]") {
  const Layout layout = lay_out(test::async_order().spans());
  CHECK(division(layout.rows[5]) == "queued 1730-2110, waiting 2110-3310, queued 3310-3980");
  SECTION("nobody waits for it") {
    CHECK(division(layout.rows[2]) == "work 365-450, waiting 450-985, work 985-1080");
    CHECK(division(layout.rows[4]) == "work 470-1790");
    CHECK(division(layout.rows[6]) == "work 2110-2220, waiting 2220-2430, work 2430-3310");
  }
  SECTION("work that goes on after an answer is nothing odd") {
    for (const Row& row : layout.rows) CHECK(row.remark.empty());
  }
}

TEST_CASE("what a producer does itself is above the message's way on", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "order", "POST /orders", SpanKind::server, 0, 30);
  const int asked = trace.publish(root, "order", "a.b", 1, 10);
  const int queue = trace.queue(asked, "user", "a.b", 5, 20);
  trace.process(queue, "user", "a.b", 1, 6, 15);
  const int call = trace.call(asked, "order", "broker", "POST /messages", 8, 9);
  trace.add(call, "broker", "POST /messages", SpanKind::server, 8, 9);
  CHECK(outline(lay_out(trace.spans())) ==
        "0 order POST /orders, 1 order publish a.b, 2 order POST /messages, "
        "3 broker POST /messages, 1> broker queue a.b, 1> user process a.b");
  CHECK(division(lay_out(trace.spans()).rows[1]) == "work 1-8, waiting 8-9, work 9-10");
}

TEST_CASE("arrows follow a message, lines lead to what comes after it", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "order", "POST /orders", SpanKind::server, 0, 30);
  const int asked = trace.publish(root, "order", "a.b", 1, 10);
  const int queue = trace.queue(asked, "user", "a.b", 5, 20);
  trace.database(trace.process(queue, "user", "a.b", 1, 6, 15), "user", "SELECT users", 7, 8);
  trace.database(root, "order", "INSERT orders", 12, 20);
  std::vector<std::string> lines;
  for (const auto& branch : timeline::branches_of(lay_out(trace.spans()).rows, 9)) {
    lines.push_back(branch.row);
  }
  CHECK(lines == std::vector<std::string>{"", "├ ", "→ ", "→ ", "│ └ ", "└ "});
}

TEST_CASE("a producer without a caller has its message one deeper", "[timeline]") {
  TraceBuilder trace;
  const int asked = trace.publish(-1, "order", "a.b", 0, 10);
  trace.process(trace.queue(asked, "user", "a.b", 5, 20), "user", "a.b", 1, 6, 15);
  CHECK(outline(lay_out(trace.spans())) ==
        "0 order publish a.b, 1> broker queue a.b, 1> user process a.b");
}

TEST_CASE("every group has its queue", "[timeline]") {
  TraceBuilder trace;
  const int news = trace.publish(-1, "order", "order.confirmed", 0, 10);
  const int slow = trace.queue(news, "notify", "order.confirmed", 5, 50);
  const int fast = trace.queue(news, "audit", "order.confirmed", 5, 20);
  trace.process(fast, "audit", "order.confirmed", 1, 6, 15);
  trace.process(slow, "notify", "order.confirmed", 1, 30, 40);
  CHECK(complete(trace.spans()));
  const Layout layout = lay_out(trace.spans());
  CHECK(outline(layout) ==
        "0 order publish order.confirmed, 1> broker queue order.confirmed, "
        "1> notify process order.confirmed, 1> broker queue order.confirmed, "
        "1> audit process order.confirmed");
  CHECK(division(layout.rows[1]) == "queued 5-30, waiting 30-40, queued 40-50");
  CHECK(division(layout.rows[3]) == "queued 5-6, waiting 6-15, queued 15-20");
}

TEST_CASE("a redelivery says which it is, a failed one why", "[timeline]") {
  const auto spans = test::async_order_redelivered();
  CHECK(complete(spans));
  const Layout layout = lay_out(spans);
  CHECK(division(layout.rows[5]) ==
        "queued 1730-7410, waiting 7410-8320, queued 8320-16190, waiting 16190-17390, "
        "queued 17390-18060");
  CHECK(layout.rows[6].remark == "attempt 2: storage-failed");
  CHECK(layout.rows[6].failed);
  CHECK(layout.rows[8].name == "process user.lookup.requested");
  CHECK(layout.rows[8].depth == layout.rows[6].depth);
  CHECK(layout.rows[8].remark == "attempt 3");
  CHECK_FALSE(layout.rows[8].failed);
}

TEST_CASE("a message that nobody acked yet is in an open queue", "[timeline]") {
  SECTION("from its publication to the end of what is known") {
    TraceBuilder trace = test::async_order();
    const auto all = trace.spans();
    for (int span = 5; span < static_cast<int>(all.size()); ++span) trace.lose(span);
    trace.add(0, "client", "GET /orders/{id}", SpanKind::internal, 1300, 9000);
    CHECK_FALSE(complete(trace.spans()));
    const Layout layout = lay_out(trace.spans());
    REQUIRE(layout.rows.size() == 7);
    const Row& queue = layout.rows[5];
    CHECK(queue.name == "queue user.lookup.requested");
    CHECK(queue.depth == layout.rows[4].depth);
    CHECK(queue.follows);
    CHECK(queue.open);
    CHECK_FALSE(queue.missing);
    CHECK(queue.remark == "not acked yet");
    CHECK(division(queue) == "queued 1790-9000");
    CHECK(layout.length_ns == 9'000'000);
  }
  SECTION("also if its publication is the last that is known") {
    const Layout layout = lay_out(test::async_order_in_the_queue());
    CHECK(division(layout.rows[5]) == "queued 1790-1790");
  }
  SECTION("but not if it was not published") {
    TraceBuilder trace;
    trace.fail(trace.publish(-1, "order", "a.b", 0, 10), "topic-full");
    CHECK(lay_out(trace.spans()).rows.size() == 1);
    CHECK(complete(trace.spans()));
  }
}

TEST_CASE("attempts before the ack are below the open queue", "[timeline]") {
  TraceBuilder trace;
  const int asked = trace.publish(-1, "order", "a.b", 0, 10);
  const int queue = trace.queue(asked, "user", "a.b", 5, 90);
  const int first = trace.process(queue, "user", "a.b", 1, 20, 30);
  trace.fail(first, "storage-failed");
  trace.fail(trace.process(queue, "user", "a.b", 2, 50, 60), "storage-failed");
  trace.lose(queue);
  SECTION("if their publisher is known") {
    const Layout layout = lay_out(trace.spans());
    CHECK(outline(layout) ==
          "0 order publish a.b, 1> broker queue a.b, 1> user process a.b, 1> user process a.b");
    CHECK(layout.rows[1].open);
    CHECK(division(layout.rows[1]) == "queued 10-20, waiting 20-30, queued 30-50, waiting 50-60");
    CHECK(layout.rows[2].remark == "storage-failed");
    CHECK(layout.rows[3].remark == "attempt 2: storage-failed");
  }
  SECTION("beside the queue of a group that has acked") {
    const int other = trace.queue(asked, "audit", "a.b", 5, 40);
    trace.process(other, "audit", "a.b", 1, 11, 12);
    CHECK(outline(lay_out(trace.spans())) ==
          "0 order publish a.b, 1> broker queue a.b, 1> audit process a.b, "
          "1> broker queue a.b, 1> user process a.b, 1> user process a.b");
  }
  SECTION("not if two may have published it") {
    trace.publish(-1, "order", "a.b", 0, 10);
    const Layout layout = lay_out(trace.spans());
    CHECK(std::ranges::count(layout.rows, true, &Row::open) == 2);
    CHECK(std::ranges::count(layout.rows, true, &Row::missing) == 1);
  }
  CHECK_FALSE(complete(trace.spans()));
}

TEST_CASE("a message whose publisher did not arrive says so", "[timeline]") {
  TraceBuilder trace;
  const int asked = trace.publish(-1, "order", "a.b", 0, 10);
  const int queue = trace.queue(asked, "user", "a.b", 5, 40);
  trace.process(queue, "user", "a.b", 1, 20, 30);
  trace.lose(asked);
  SECTION("to the queue") {
    CHECK(outline(lay_out(trace.spans())) ==
          "0  missing, 1> broker queue a.b, 1> user process a.b");
  }
  SECTION("to a consumer") {
    trace.lose(queue);
    CHECK(outline(lay_out(trace.spans())) == "0  missing, 1> user process a.b");
  }
  const Row row = lay_out(trace.spans()).rows[0];
  CHECK(row.missing);
  CHECK(row.remark == "no span arrived from the publisher");
  CHECK_FALSE(complete(trace.spans()));
}

TEST_CASE("a message that was acked has had a consumer", "[timeline]") {
  TraceBuilder trace;
  const int asked = trace.publish(-1, "order", "a.b", 0, 10);
  const int queue = trace.queue(asked, "user", "a.b", 5, 40);
  const int lost = trace.process(queue, "user", "a.b", 1, 20, 30);
  trace.database(lost, "user", "SELECT users", 22, 25);
  trace.lose(lost);
  CHECK_FALSE(complete(trace.spans()));
  const Layout layout = lay_out(trace.spans());
  CHECK(outline(layout) ==
        "0 order publish a.b, 1> broker queue a.b, 1> user missing, 2 user SELECT users");
  CHECK(layout.rows[2].remark == "no span arrived from user (killed process?)");
  CHECK(division(layout.rows[1]) == "queued 5-40");
}

TEST_CASE("messages are drawn as measured by clocks that differ", "[timeline]") {
  TraceBuilder trace;
  const int asked = trace.publish(-1, "order", "a.b", 100, 110);
  const int queue = trace.queue(asked, "user", "a.b", 105, 140);
  SECTION("a consumer before its message") {
    trace.process(queue, "user", "a.b", 1, 50, 120);
    const Layout layout = lay_out(trace.spans());
    CHECK(division(layout.rows[1]) == "waiting 55-70, queued 70-90");
    CHECK(division(layout.rows[2]) == "work 0-70");
  }
  SECTION("a consumer after the ack") {
    trace.process(queue, "user", "a.b", 1, 150, 170);
    CHECK(division(lay_out(trace.spans()).rows[1]) == "queued 5-40");
  }
  SECTION("a publication confirmed before it was asked for") {
    TraceBuilder back;
    back.publish(-1, "order", "a.b", 100, 90);
    CHECK(division(lay_out(back.spans()).rows[1]) == "queued 0-0");
  }
  CHECK(lay_out(trace.spans()).rows[1].remark.empty());
}
