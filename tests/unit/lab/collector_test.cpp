// The collector: bounds, eviction, waiting, and what it tells about a trace.
#include "lab/collector.hpp"

#include <chrono>
#include <future>

#include "support/catch.hpp"
#include "support/must.hpp"
#include "trace/otlp.hpp"

namespace msdemo::lab {

namespace {

using namespace std::chrono_literals;
using test::must;

trace::SpanRecord span(std::uint64_t trace, std::uint64_t id, std::uint64_t parent = 0) {
  trace::SpanRecord record;
  record.trace_id = {1, trace};
  record.span_id = {id};
  record.parent_span_id = {parent};
  record.service = "order";
  record.name = "span " + std::to_string(id);
  record.start_unix_nano = static_cast<std::int64_t>(1'000'000 * id);
  record.end_unix_nano = record.start_unix_nano + 500'000;
  return record;
}

void send(Collector& collector, std::vector<trace::SpanRecord> spans) {
  must(collector.accept(trace::to_otlp_json(spans)));
}

}  // namespace

TEST_CASE("spans come back by trace, each once", "[lab]") {
  Collector collector;
  send(collector, {span(1, 1), span(2, 2), span(1, 3, 1)});
  send(collector, {span(1, 1)});
  const auto spans = collector.spans({1, 1}, 0, 0ms);
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].name == "span 1");
  CHECK(spans[1].parent_span_id == trace::SpanId{1});
  CHECK(collector.spans({1, 7}, 0, 0ms).empty());
}

TEST_CASE("what is not OTLP is refused and changes nothing", "[lab]") {
  Collector collector;
  CHECK_FALSE(collector.accept("{"));
  CHECK_FALSE(collector.accept(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]})"));
  CHECK(collector.newest(10).empty());
}

TEST_CASE("the oldest trace makes room for the newest", "[lab]") {
  Collector collector({.traces = 3, .spans_per_trace = 10});
  for (std::uint64_t trace = 1; trace <= 5; ++trace) send(collector, {span(trace, trace)});
  CHECK(collector.spans({1, 1}, 0, 0ms).empty());
  CHECK(collector.spans({1, 2}, 0, 0ms).empty());
  CHECK(collector.spans({1, 3}, 0, 0ms).size() == 1);
  CHECK(collector.newest(10).size() == 3);
}

TEST_CASE("a trace takes only so many spans, and the rest is counted", "[lab]") {
  Collector collector({.traces = 3, .spans_per_trace = 2});
  send(collector, {span(1, 1), span(1, 2), span(1, 3), span(1, 4)});
  CHECK(collector.spans({1, 1}, 0, 0ms).size() == 2);
  CHECK(collector.dropped() == 2);
}

TEST_CASE("whoever waits for more spans is woken by them", "[lab]") {
  Collector collector;
  send(collector, {span(1, 1)});
  auto waiting = std::async(std::launch::async, [&] {
    return collector.spans({1, 1}, 1, 10s).size();
  });
  send(collector, {span(2, 9)});
  send(collector, {span(1, 2, 1)});
  REQUIRE(waiting.wait_for(5s) == std::future_status::ready);
  CHECK(waiting.get() == 2);
}

TEST_CASE("a wait ends with what there is", "[lab]") {
  Collector collector;
  send(collector, {span(1, 1)});
  CHECK(collector.spans({1, 1}, 1, 1ms).size() == 1);

  SECTION("at once when the collector closes") {
    auto waiting = std::async(std::launch::async, [&] {
      return collector.spans({1, 1}, 1, 10s).size();
    });
    collector.close();
    REQUIRE(waiting.wait_for(5s) == std::future_status::ready);
    CHECK(waiting.get() == 1);
  }
}

TEST_CASE("the trace that placed an order is found, and waited for", "[lab]") {
  Collector collector;
  const auto order = [](std::uint64_t trace, std::uint64_t id, std::int64_t order_id) {
    trace::SpanRecord record = span(trace, id);
    record.kind = trace::SpanKind::server;
    record.attributes = {{"msdemo.order.id", order_id}};
    return record;
  };
  trace::SpanRecord client = order(4, 1, 7);
  client.kind = trace::SpanKind::client;
  send(collector, {span(1, 1), order(2, 9, 7), order(3, 5, 7), order(3, 6, 8), client});
  const Json found = collector.of_order(7, 0ms);
  REQUIRE(found.size() == 1);
  CHECK(found[0]["trace_id"] == (trace::TraceId{1, 3}.hex()));
  CHECK(found[0]["spans"] == 2);
  CHECK(collector.of_order(9, 1ms).empty());

  auto waiting = std::async(std::launch::async, [&] { return collector.of_order(9, 10s); });
  send(collector, {order(5, 9, 9)});
  REQUIRE(waiting.wait_for(5s) == std::future_status::ready);
  CHECK(waiting.get().size() == 1);
}

TEST_CASE("the list names each trace after its root, newest first", "[lab]") {
  Collector collector;
  trace::SpanRecord failed = span(1, 2, 5);
  failed.status = trace::SpanStatus::error;
  send(collector, {failed, span(1, 5)});
  send(collector, {span(2, 7, 6)});
  const Json list = collector.newest(10);
  REQUIRE(list.size() == 2);
  CHECK(list[0]["name"] == "span 7");
  CHECK(list[0]["error"] == false);
  CHECK(list[1]["trace_id"] == (trace::TraceId{1, 1}.hex()));
  CHECK(list[1]["name"] == "span 5");
  CHECK(list[1]["spans"] == 2);
  CHECK(list[1]["error"] == true);
  CHECK(list[1]["start_unix_nano"] == 2'000'000);
  CHECK(list[1]["duration_ms"] == 3.5);
  CHECK(collector.newest(1).size() == 1);
}

}  // namespace msdemo::lab
