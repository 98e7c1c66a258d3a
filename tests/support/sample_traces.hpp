// Traces as the services write them, with chosen times. They exist so that tests of the timeline
// read as stories: what happened is in the name, when it happened in one line per span.
#pragma once

#include <vector>

#include "support/trace_builder.hpp"
#include "timeline/comparison.hpp"
#include "trace/span.hpp"

namespace msdemo::test {

/// `order create`, answered 201: all seven spans.
TraceBuilder sync_order();

/// User 7 does not exist: 404, and so 422.
std::vector<trace::SpanRecord> order_of_unknown_user();

/// The user service refuses connections.
std::vector<trace::SpanRecord> order_while_user_is_down();

/// The user service is killed while it looks the user up.
std::vector<trace::SpanRecord> order_while_user_is_killed();

/// The order service is killed while it commits: what it finished before has arrived.
std::vector<trace::SpanRecord> order_while_order_is_killed();

/// The user service is stopped, and the order service gives up after a second.
std::vector<trace::SpanRecord> order_while_user_is_paused();

/// 300 µs in all.
std::vector<trace::SpanRecord> fast_read();

/// `order create --async`, answered 202 after 1.24 ms, confirmed after 4.64 ms, and then a receipt.
TraceBuilder async_order();

/// The user service is killed while it has the lookup, and then cannot read its database once.
std::vector<trace::SpanRecord> async_order_redelivered();

/// Nobody consumes: the user service is stopped.
std::vector<trace::SpanRecord> async_order_in_the_queue();

/// The user service answers 500 twice, then 200.
TraceBuilder order_with_retries();

/// The breaker lets nothing through.
TraceBuilder order_while_breaker_is_open();

/// 200 ms are over before the user service, which takes 1,003 ms, has answered.
TraceBuilder order_past_its_deadline();

/// The user service takes 100 ms on purpose.
TraceBuilder order_with_latency();

/// The user service is down, but its last known name is not too old.
TraceBuilder order_with_fallback();

/// Ten attempts at a message that nobody can handle, and then it is a dead letter.
TraceBuilder async_order_poisoned();

/// Three orders of each style while one user service takes 100 ms for each lookup.
std::vector<timeline::ComparedOrder> compared_orders();

/// Names and reasons in many scripts, wide, combining, right-to-left, and with control characters.
std::vector<trace::SpanRecord> names_of_the_world();

}  // namespace msdemo::test
