// Traces as the services write them, with chosen times. They exist so that tests of the timeline
// read as stories: what happened is in the name, when it happened in one line per span.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "timeline/comparison.hpp"
#include "trace/span.hpp"

namespace msdemo::test {

/// Collects the spans of one trace. Times are microseconds since its beginning.
class TraceBuilder {
 public:
  /// Starts a span under the one that was added as number `parent`, counted from 0; a negative
  /// number makes a root. Returns its own number.
  int add(int parent, std::string_view service, std::string_view name, trace::SpanKind kind,
          double start_us, double end_us);

  /// An outgoing HTTP call to `peer`, or a write to or read from the service's database.
  int call(int parent, std::string_view service, std::string_view peer, std::string_view name,
           double start_us, double end_us);
  int database(int parent, std::string_view service, std::string_view name, double start_us,
               double end_us);

  /// A message: written and confirmed, then in a group's queue, then handled for the `attempt`-th
  /// time.
  int publish(int parent, std::string_view service, std::string_view topic, double start_us,
              double end_us);
  int queue(int producer, std::string_view group, std::string_view topic, double start_us,
            double end_us);
  int process(int queue, std::string_view service, std::string_view topic, std::int64_t attempt,
              double start_us, double end_us);

  void set(int span, std::string_view key, trace::AttributeValue value);
  void fail(int span, std::string_view reason);

  /// Takes a span out, as if the process had been killed before it was sent.
  void lose(int span);

  std::vector<trace::SpanRecord> spans() const;

 private:
  std::vector<trace::SpanRecord> spans_;
  std::vector<bool> lost_;
};

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

/// Three orders of each style while one user service takes 100 ms for each lookup.
std::vector<timeline::ComparedOrder> compared_orders();

/// Names and reasons in many scripts, wide, combining, right-to-left, and with control characters.
std::vector<trace::SpanRecord> names_of_the_world();

}  // namespace msdemo::test
