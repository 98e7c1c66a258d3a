// Chrome's Trace Event Format: the rules by which Perfetto reads it (its JSON importer pairs `b`
// and `e` by category, name and id, draws `X` on threads if they nest, and binds flows to the slice
// that is open on their thread).
#include "timeline/chrome_trace.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "support/catch.hpp"
#include "support/sample_traces.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
namespace trace = msdemo::trace;
using msdemo::Json;
using test::TraceBuilder;

namespace {

std::vector<Json> events(const std::vector<trace::SpanRecord>& spans, std::string_view phases) {
  const Json document = timeline::to_chrome_trace(spans);
  std::vector<Json> found;
  for (const Json& event : document.at("traceEvents")) {
    if (phases.find(event.at("ph").get<std::string>()) != phases.npos) found.push_back(event);
  }
  return found;
}

std::vector<std::vector<trace::SpanRecord>> stories() {
  return {test::sync_order().spans(),
          test::async_order().spans(),
          test::async_order_redelivered(),
          test::async_order_in_the_queue(),
          test::async_order_poisoned().spans(),
          test::order_with_retries().spans(),
          test::order_past_its_deadline().spans(),
          test::order_while_order_is_killed(),
          test::names_of_the_world()};
}

double begin_of(const Json& event) {
  return event.at("ts").get<double>();
}

double end_of(const Json& event) {
  return begin_of(event) + event.value("dur", 0.0);
}

/// Whether `inner` happens on the thread of `outer` while that is open.
bool within(const Json& inner, const Json& outer) {
  return inner.at("tid") == outer.at("tid") && begin_of(outer) <= begin_of(inner) &&
         end_of(inner) <= end_of(outer);
}

}  // namespace

TEST_CASE("every event has what its phase needs", "[timeline]") {
  for (const auto& spans : stories()) {
    std::set<int> named;
    for (const Json& event : events(spans, "M")) {
      if (event.at("name") == "process_name") named.insert(event.at("pid").get<int>());
    }
    double last = 0;
    for (const Json& event : events(spans, "Xbeistf")) {
      CHECK(named.contains(event.at("pid").get<int>()));
      CHECK(event.at("tid").is_number_integer());
      CHECK(event.at("cat").is_string());
      CHECK(event.at("name").is_string());
      CHECK(begin_of(event) >= last);
      last = begin_of(event);
      const std::string phase = event.at("ph");
      if (phase == "X") CHECK(event.at("dur") >= 0.0);
      if (phase == "i") CHECK(event.at("s") == "t");
      if (phase == "f") CHECK(event.at("bp") == "e");
      if (std::string("bestf").find(phase) != std::string::npos) CHECK(event.at("id").is_string());
    }
  }
}

TEST_CASE("spans on one thread are apart or nested", "[timeline]") {
  for (const auto& spans : stories()) {
    const std::vector<Json> slices = events(spans, "X");
    for (const Json& a : slices) {
      for (const Json& b : slices) {
        const bool earlier = begin_of(a) < begin_of(b) && a.at("tid") == b.at("tid");
        if (earlier && begin_of(b) < end_of(a)) CHECK(end_of(b) <= end_of(a));
      }
    }
  }
}

TEST_CASE("times are microseconds since the trace began", "[timeline]") {
  const Json document = timeline::to_chrome_trace(test::sync_order().spans());
  CHECK(document.at("otherData").at("start_unix_nano") == "1795394401000000000");
  CHECK(document.at("otherData").at("trace_id") == "0af7651916cd43dd8448eb211c80319c");
  const std::vector<Json> slices = events(test::sync_order().spans(), "X");
  REQUIRE(slices.size() == 7);
  CHECK(slices[1].at("name") == "POST /orders");
  CHECK(begin_of(slices[1]) == 140.0);
  CHECK(slices[1].at("dur") == 4650.0);
  CHECK(slices[1].at("args").at("url.path") == "/orders");
}

TEST_CASE("a stay in a queue is asynchronous, and open until its ack", "[timeline]") {
  std::map<std::string, std::vector<std::string>> stays;  // phases by what pairs them
  for (const Json& event : events(test::async_order().spans(), "be")) {
    stays[event.at("cat").get<std::string>() + event.at("name").get<std::string>() +
          event.at("id").get<std::string>()]
        .push_back(event.at("ph"));
  }
  REQUIRE(stays.size() == 3);
  for (const auto& [key, phases] : stays) CHECK(phases == std::vector<std::string>{"b", "e"});
  CHECK(events(test::async_order_in_the_queue(), "b").size() == 1);
  CHECK(events(test::async_order_in_the_queue(), "e").empty());
}

TEST_CASE("a message's flow begins where it was published and ends where it was handled",
          "[timeline]") {
  const auto spans = test::async_order_redelivered();
  const std::vector<Json> slices = events(spans, "X");
  std::map<std::string, std::string> phases;  // of each flow
  for (const Json& flow : events(spans, "stf")) {
    if (flow.at("name") != "message") continue;
    const std::string phase = flow.at("ph");
    phases[flow.at("id")] += phase;
    bool bound = false;
    for (const Json& slice : slices) {
      const std::string name = slice.at("name");
      bound = bound ||
              (within(flow, slice) && name.starts_with(phase == "s" ? "publish " : "process "));
    }
    CHECK(bound);
  }
  std::vector<std::string> told;
  for (const auto& [id, each] : phases) told.push_back(each);
  // The lookup had two attempts that told.
  CHECK(std::ranges::count(told, "stf") == 1);
  CHECK(std::ranges::count(told, "sf") == 2);
}

TEST_CASE("a call's flow leads to whoever answered", "[timeline]") {
  CHECK(events(test::sync_order().spans(), "s").size() == 2);
  CHECK(events(test::sync_order().spans(), "f").size() == 2);
  CHECK(events(test::order_while_user_is_killed(), "f").size() == 1);
}

TEST_CASE("decisions are instants on their span's thread", "[timeline]") {
  const auto spans = test::order_with_retries().spans();
  const std::vector<Json> decisions = events(spans, "i");
  REQUIRE(decisions.size() == 4);
  CHECK(decisions[0].at("args").at("rule") == "fault 1 (error=500#1,2): answers 500 to request 1");
}

TEST_CASE("a trace without spans has no events", "[timeline]") {
  CHECK(timeline::to_chrome_trace({}).at("traceEvents").empty());
}
