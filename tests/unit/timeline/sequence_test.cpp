// Who told whom: the steps of a trace, and the drawing of them.
#include "timeline/sequence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "unit/timeline/markup_check.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
namespace trace = msdemo::trace;
using timeline::Step;

namespace {

/// `client > order POST /orders | order: INSERT order | order < …`
std::vector<std::string> told(const std::vector<trace::SpanRecord>& spans) {
  std::vector<std::string> lines;
  for (const Step& step : timeline::steps_of(spans)) {
    const char* sign = step.kind == Step::Kind::ask ? " > " : " ~> ";
    lines.push_back(fmt::format("{}{}{}: {}{}", step.from, step.to.empty() ? "" : sign, step.to,
                                step.words, step.failed ? " ✗" : ""));
  }
  return lines;
}

}  // namespace

TEST_CASE("a call is asked and answered", "[timeline]") {
  CHECK(told(test::sync_order().spans()) ==
        std::vector<std::string>{"client > order: POST /orders", "order > user: GET /users/{id}",
                                 "user: SELECT user", "user ~> order: ", "order: INSERT order",
                                 "order ~> client: "});
}

TEST_CASE("a message goes to the broker, from there to who takes it, and is acked", "[timeline]") {
  const auto steps = told(test::async_order().spans());
  REQUIRE(steps.size() == 15);
  CHECK(steps[3] == "order > broker: user.lookup.requested");
  CHECK(steps[4] == "broker > user: user.lookup.requested");
  CHECK(steps[14] == "notify ~> broker: ack");
}

TEST_CASE("what comes again is told with its attempt", "[timeline]") {
  const auto steps = told(test::async_order_redelivered());
  CHECK(std::ranges::count(steps, "broker > user: user.lookup.requested, attempt 2") == 1);
  CHECK(std::ranges::count(steps, "user ~> broker: storage-failed ✗") == 1);
}

TEST_CASE("a call without an answer leads to whom it was meant for", "[timeline]") {
  const auto steps = told(test::order_while_user_is_down());
  CHECK(std::ranges::count(steps, "order > user: GET /users/{id}") == 1);
  CHECK(std::ranges::count(steps, "order: unreachable: connection refused by 127.0.0.1:8001 ✗") ==
        1);
}

TEST_CASE("a message that nobody has taken is told", "[timeline]") {
  CHECK(told(test::async_order_in_the_queue()).back() == "order > broker: user.lookup.requested");
}

TEST_CASE("a dead letter's copy is the broker's", "[timeline]") {
  const auto steps = told(test::async_order_poisoned().spans());
  CHECK(std::ranges::count(steps, "broker: user.lookup.requested.dead ✗") == 1);
}

TEST_CASE("a sequence is one well-formed element that fetches nothing", "[timeline]") {
  for (const auto& spans : {test::sync_order().spans(),
                            test::async_order_poisoned().spans(),
                            test::order_while_user_is_killed(),
                            test::names_of_the_world(),
                            {}}) {
    const std::string svg = timeline::draw_sequence(spans, "<title>", "trace & time");
    CHECK(test::markup_problem(svg).empty());
    CHECK(svg.find("href") == svg.npos);
  }
}
