// Orders on one axis: when callers are free, when work is done, and what the time between was for.
#include "timeline/comparison.hpp"

#include <limits>

#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "timeline/terminal.hpp"
#include "unit/timeline/layout_text.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
using msdemo::test::division;
using msdemo::test::outline;
using timeline::compare;
using timeline::ComparedOrder;
using timeline::Layout;
using timeline::MarkKind;

namespace {

using Marks = std::vector<timeline::Mark>;

/// Microseconds; `done_us` is 0 if it is not.
ComparedOrder order(const std::string& style, std::int64_t asked_us, std::int64_t free_us,
                    std::int64_t done_us) {
  ComparedOrder order;
  order.style = style;
  order.label = "order";
  order.asked_unix_nano = asked_us * 1000;
  order.free_unix_nano = free_us * 1000;
  order.done_unix_nano = done_us * 1000;
  return order;
}

void add_consumer(ComparedOrder& order, std::int64_t start_us, std::int64_t end_us) {
  msdemo::trace::SpanRecord span;
  span.kind = msdemo::trace::SpanKind::consumer;
  span.start_unix_nano = start_us * 1000;
  span.end_unix_nano = end_us * 1000;
  order.spans.push_back(span);
}

}  // namespace

TEST_CASE("each style begins at 0 with its first call", "[timeline]") {
  const Layout layout = compare(test::compared_orders());
  CHECK(layout.comparison);
  CHECK(outline(layout) ==
        "0 sync order 21, 0 sync order 22, 0 sync order 23, "
        "0 async order 24, 0 async order 25, 0 async order 26");
  CHECK(layout.rows[0].start_ns == 0);
  CHECK(layout.rows[1].start_ns == 104'300'000);
  CHECK(layout.rows[3].start_ns == 0);
  CHECK(layout.rows[4].start_ns == 1'310'000);
  CHECK(layout.length_ns == 313'140'000);
  for (std::size_t row = 0; row < 6; ++row) CHECK(layout.rows[row].apart == (row == 3));
}

TEST_CASE("a sync caller waits to the end, an async one is free at once", "[timeline]") {
  const Layout layout = compare(test::compared_orders());
  CHECK(division(layout.rows[0]) == "waiting 0-104100");
  CHECK(layout.rows[0].marks ==
        Marks{{MarkKind::caller_free, 104'100'000}, {MarkKind::work_done, 104'100'000}});
  CHECK(division(layout.rows[3]) ==
        "waiting 0-1240, queued 1240-2110, work 2110-103210, queued 103210-103510, "
        "work 103510-104710");
  CHECK(layout.rows[3].marks ==
        Marks{{MarkKind::caller_free, 1'240'000}, {MarkKind::work_done, 104'710'000}});
  CHECK(division(layout.rows[5]).starts_with("waiting 2620-3920, queued 3920-205910, work 205910"));
}

TEST_CASE("styles are kept together in the order they were given", "[timeline]") {
  const std::vector<ComparedOrder> orders{order("async", 10, 11, 15), order("sync", 20, 30, 30),
                                          order("async", 5, 6, 16)};
  const Layout layout = compare(orders);
  CHECK(outline(layout) == "0 async order, 0 async order, 0 sync order");
  CHECK(layout.rows[0].start_ns == 5'000);
  CHECK(layout.rows[1].start_ns == 0);
  CHECK(layout.rows[2].start_ns == 0);
  CHECK(layout.rows[2].apart);
  CHECK_FALSE(layout.rows[0].apart);
}

TEST_CASE("consumers at the same time are one stretch of work", "[timeline]") {
  ComparedOrder both = order("async", 0, 10, 100);
  add_consumer(both, 50, 90);
  add_consumer(both, 40, 60);
  add_consumer(both, 42, 45);
  SECTION("after one another") {
    CHECK(division(compare(std::vector{both}).rows[0]) ==
          "waiting 0-10, queued 10-40, work 40-90, queued 90-100");
  }
  SECTION("while the caller still waits, or when all is done") {
    add_consumer(both, 5, 15);
    add_consumer(both, 95, 130);
    CHECK(division(compare(std::vector{both}).rows[0]) ==
          "waiting 0-10, work 10-15, queued 15-40, work 40-90, queued 90-95, work 95-100");
  }
}

TEST_CASE("an order that is not done is open, unless it failed", "[timeline]") {
  std::vector<ComparedOrder> orders{order("sync", 0, 50, 50), order("async", 0, 10, 0)};
  add_consumer(orders[1], 20, 30);
  SECTION("open") {
    const Layout layout = compare(orders);
    CHECK(layout.rows[1].open);
    CHECK(layout.rows[1].remark == "not done yet");
    CHECK(division(layout.rows[1]) == "waiting 0-10, queued 10-20, work 20-30, queued 30-50");
    CHECK(layout.rows[1].marks == Marks{{MarkKind::caller_free, 10'000}});
  }
  SECTION("refused") {
    orders[1].failed = true;
    orders[1].remark = "503 topic-full";
    const Layout layout = compare(orders);
    CHECK_FALSE(layout.rows[1].open);
    CHECK(layout.rows[1].failed);
    CHECK(layout.rows[1].remark == "503 topic-full");
    CHECK(division(layout.rows[1]) == "waiting 0-10");
  }
  SECTION("rejected") {
    orders[1].failed = true;
    orders[1].done_unix_nano = 40'000;
    CHECK(compare(orders).rows[1].marks.size() == 2);
  }
}

TEST_CASE("odd times of orders are drawn all the same", "[timeline]") {
  CHECK(compare({}).rows.empty());
  SECTION("done before the caller knew") {
    const Layout layout = compare(std::vector{order("async", 0, 20, 15)});
    CHECK(division(layout.rows[0]) == "waiting 0-20");
    CHECK(layout.rows[0].marks ==
          Marks{{MarkKind::work_done, 15'000}, {MarkKind::caller_free, 20'000}});
  }
  SECTION("no time at all") {
    CHECK(division(compare(std::vector{order("sync", 7, 7, 7)}).rows[0]) == "waiting 0-0");
  }
  SECTION("before it was asked, or never") {
    ComparedOrder odd = order("sync", 100, 50, 60);
    CHECK(division(compare(std::vector{odd}).rows[0]) == "waiting 0-0");
    odd.done_unix_nano = std::numeric_limits<std::int64_t>::max();
    odd.free_unix_nano = std::numeric_limits<std::int64_t>::min();
    const Layout layout = compare(std::vector{odd});
    CHECK_FALSE(timeline::draw(layout, {60, false, {}}).empty());
  }
}
