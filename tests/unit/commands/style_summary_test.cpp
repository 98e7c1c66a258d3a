// The numbers of a comparison: medians, what counts as lost, and the sentence at the end.
#include "commands/style_summary.hpp"

#include <vector>

#include "support/catch.hpp"

namespace msdemo::commands {

namespace {

using contracts::OrderStatus;

OrderOutcome order(OrderStyle style, double response_ms, std::optional<double> completed_ms,
                   std::optional<OrderStatus> status = OrderStatus::confirmed) {
  return {.style = style,
          .order_id = 1,
          .status = status,
          .http_status = style == OrderStyle::sync ? 201 : 202,
          .response_ms = response_ms,
          .completed_ms = completed_ms,
          .duplicates = style == OrderStyle::async ? std::optional<std::int64_t>(0) : std::nullopt};
}

OrderOutcome sync_order(double ms) {
  return order(OrderStyle::sync, ms, ms);
}

}  // namespace

TEST_CASE("medians are of one style alone, maxima too", "[commands]") {
  const std::vector<OrderOutcome> orders = {sync_order(30), sync_order(10),
                                            order(OrderStyle::async, 1, 500), sync_order(20),
                                            sync_order(100)};
  const StyleSummary sync = summarize(orders, OrderStyle::sync);
  CHECK(sync.response_median_ms == 25);
  CHECK(sync.response_max_ms == 100);
  CHECK(sync.completion_median_ms == 25);
  CHECK(sync.completion_max_ms == 100);
  CHECK(sync.thread_time_ms == 160);
  CHECK(sync.orders == 4);
  CHECK(sync.completed == 4);
  CHECK_FALSE(sync.duplicates);
  const StyleSummary async = summarize(orders, OrderStyle::async);
  CHECK(async.response_median_ms == 1);
  CHECK(async.completion_median_ms == 500);
  CHECK(async.duplicates == 0);
}

TEST_CASE("each accepted order ends in one way, or is lost", "[commands]") {
  OrderOutcome twice = order(OrderStyle::async, 1, 5);
  twice.duplicates = 2;
  OrderOutcome refused = order(OrderStyle::async, 1, {}, OrderStatus::failed);
  refused.order_id.reset();
  OrderOutcome unanswered = order(OrderStyle::async, 30'000, {}, std::nullopt);
  unanswered.order_id.reset();
  unanswered.http_status = 0;
  const std::vector<OrderOutcome> orders = {twice,
                                            order(OrderStyle::async, 1, 7, OrderStatus::rejected),
                                            order(OrderStyle::async, 1, 9, OrderStatus::failed),
                                            order(OrderStyle::async, 1, {}, OrderStatus::pending),
                                            refused,
                                            unanswered};
  StyleSummary async = summarize(orders, OrderStyle::async);
  CHECK(async.orders == 6);
  CHECK(async.accepted == 4);
  CHECK(async.completed == 1);
  CHECK(async.rejected == 1);
  CHECK(async.failed == 2);
  CHECK(async.lost == 1);
  CHECK(async.duplicates == 2);
  CHECK(async.completion_median_ms == 7);
  CHECK(async.response_max_ms == 1);
  CHECK(async.thread_time_ms == 30'005);

  OrderOutcome untold = order(OrderStyle::async, 1, 5);
  untold.duplicates.reset();
  async = summarize(std::vector{twice, untold}, OrderStyle::async);
  CHECK_FALSE(async.duplicates);
}

TEST_CASE("the sentence tells what waiting cost", "[commands]") {
  const std::vector<OrderOutcome> orders = {sync_order(100), order(OrderStyle::async, 2.6, 110)};
  const StyleSummary sync = summarize(orders, OrderStyle::sync);
  const StyleSummary async = summarize(orders, OrderStyle::async);
  CHECK(conclude(sync, async) ==
        "The async caller was free 38 times sooner; its work was done 1.1 times later.");
  CHECK(conclude(async, sync) ==
        "The async caller was free 38 times later; its work was done 1.1 times sooner.");
  CHECK(conclude(sync, sync) ==
        "The async caller was free about as soon; its work was done about as soon.");
  CHECK(conclude(sync, summarize({}, OrderStyle::async)).empty());
}

TEST_CASE("both styles stand side by side", "[commands]") {
  const std::vector<OrderOutcome> orders = {sync_order(100), order(OrderStyle::async, 2.5, 110)};
  CHECK(
      format_summaries(summarize(orders, OrderStyle::sync), summarize(orders, OrderStyle::async)) ==
      "                            SYNC    ASYNC\n"
      "response time, median     100 ms  2.50 ms\n"
      "response time, longest    100 ms  2.50 ms\n"
      "completion time, median   100 ms   110 ms\n"
      "completion time, longest  100 ms   110 ms\n"
      "caller's thread-time      100 ms  2.50 ms\n"
      "orders                         1        1\n"
      "accepted                       1        1\n"
      "completed                      1        1\n"
      "rejected                       0        0\n"
      "failed                         0        0\n"
      "duplicates                     -        0\n"
      "lost                           0        0\n");
}

TEST_CASE("what is not known is null in JSON", "[commands]") {
  const Json json = to_json(summarize({}, OrderStyle::sync));
  CHECK(json.at("response_median_ms").is_null());
  CHECK(json.at("completion_max_ms").is_null());
  CHECK(json.at("lost") == 0);
  const Json one = to_json(order(OrderStyle::async, 1, {}, OrderStatus::pending));
  CHECK(one.at("style") == "async");
  CHECK(one.at("status") == "pending");
  CHECK(one.at("completed_ms").is_null());
}

}  // namespace msdemo::commands
