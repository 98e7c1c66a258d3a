// The drawn timeline: that it can be read, by whom, and that nothing in a trace breaks it.
#include "timeline/svg.hpp"

#include <cstdlib>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "timeline/svg_text.hpp"
#include "unit/timeline/markup_check.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
namespace trace = msdemo::trace;
using msdemo::test::TraceBuilder;

namespace {

std::string draw(const std::vector<trace::SpanRecord>& spans,
                 const timeline::SvgOptions& options = {.title = "an order"}) {
  return timeline::draw_svg(timeline::lay_out(spans), options);
}

bool says(const std::string& svg, std::string_view words) {
  return svg.find(words) != std::string::npos;
}

int count(const std::string& svg, std::string_view words) {
  int found = 0;
  for (std::size_t at = svg.find(words); at != svg.npos; at = svg.find(words, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a drawing is one well-formed element that fetches nothing", "[timeline]") {
  for (const auto& spans : {test::sync_order().spans(),
                            test::async_order_poisoned().spans(),
                            test::order_while_user_is_killed(),
                            test::names_of_the_world(),
                            {}}) {
    const std::string svg = draw(spans);
    CHECK(test::markup_problem(svg).empty());
    CHECK(msdemo::count_code_points(svg));  // is UTF-8
    CHECK(count(svg, "http") == count(svg, "http://www.w3.org/2000/svg") + count(svg, "HTTP"));
    CHECK_FALSE(says(svg, "<script"));
    CHECK_FALSE(says(svg, "href"));
  }
}

TEST_CASE("a drawing tells in words what it shows", "[timeline]") {
  const std::string svg = draw(test::sync_order().spans());
  CHECK(says(svg, "role=\"img\" aria-labelledby=\"title desc\""));
  CHECK(says(svg, "<title id=\"title\">an order</title>"));
  CHECK(says(svg,
             "order POST /orders: 4.27 ms from 0.39 ms on; own time 425 µs, "
             "waiting for a reply 3.85 ms"));
  CHECK(says(svg, "prefers-color-scheme: dark"));
}

TEST_CASE("an arrow leads from each message to who took it", "[timeline]") {
  CHECK(count(draw(test::sync_order().spans()), "class=\"arrow\"") == 0);
  // Three messages, each published and taken, and one in the legend.
  CHECK(count(draw(test::async_order().spans()), "class=\"arrow\"") == 7);
  // A redelivered one has an arrow for each attempt that told.
  CHECK(count(draw(test::async_order_redelivered()), "class=\"arrow\"") == 8);
}

TEST_CASE("decisions have their numbers and their rules", "[timeline]") {
  const auto spans = test::order_with_retries().spans();
  const std::string svg = draw(spans);
  CHECK(says(svg, "<title>retry 1 of 2 after 13 ms: user answered 500</title>"));
  CHECK(says(svg, ">why</text>"));
  SECTION("those beyond the limit are counted") {
    timeline::SvgOptions options{.title = "an order", .why_command = "msdemo why 7"};
    options.decisions_max = 3;
    CHECK(says(draw(spans, options), "1 more: msdemo why 7"));
  }
  SECTION("in a page they are told by the page") {
    timeline::SvgOptions options{.title = "an order", .for_page = true};
    CHECK_FALSE(says(draw(spans, options), ">why</text>"));
    CHECK(says(draw(spans, options), "data-span=\"0000000000000003\""));
  }
}

TEST_CASE("decisions at the end do not cover the duration", "[timeline]") {
  TraceBuilder trace;
  const int root = trace.add(-1, "order", "POST /orders", trace::SpanKind::server, 0, 1000);
  for (int i = 0; i < 3; ++i) trace.decide(root, "policy.retry", "retry refused", 1000);
  const std::string svg = draw(trace.spans());
  constexpr double kRadius = 7.5;
  const double duration_begins = 934 - timeline::text_width("1.00 ms", 12.5);
  constexpr std::string_view kCircle = "<circle class=\"sign\" cx=\"";
  int beside = 0;  // of the three; the others are in the legend and in the list below
  double last = 0;
  for (auto at = svg.find(kCircle); at != svg.npos; at = svg.find(kCircle, at + 1)) {
    const double x = std::strtod(svg.c_str() + at + kCircle.size(), nullptr);
    CHECK(x + kRadius < duration_begins);
    if (x > 800) {
      CHECK(x >= last + 2 * kRadius);
      last = x;
      ++beside;
    }
  }
  CHECK(beside == 3);
}

TEST_CASE("what a trace says cannot become markup", "[timeline]") {
  TraceBuilder trace;
  const int root =
      trace.add(-1, "<b>", "</svg><script>alert(1)</script>", trace::SpanKind::server, 0, 100);
  trace.fail(root, "\"quoted\" & <i>\x01\xff\xef\xbf\xbf");
  const std::string svg = draw(trace.spans(), {.title = "<title> & more"});
  CHECK(test::markup_problem(svg).empty());
  CHECK_FALSE(says(svg, "<script"));
  CHECK(says(svg, "&lt;/svg&gt;"));
  CHECK_FALSE(says(svg, "\x01"));
  CHECK_FALSE(says(svg, "\xef\xbf\xbf"));  // U+FFFF, which XML does not allow
}

TEST_CASE("text is cut and wrapped to a width", "[timeline]") {
  CHECK(timeline::shorten_to("order", 100, 12) == "order");
  const std::string cut = timeline::shorten_to("a name that is too long", 80, 12);
  CHECK(cut.ends_with("…"));
  CHECK(timeline::text_width(cut, 12) <= 80);
  const auto lines = timeline::wrap_to("one two three four five six seven", 80, 12, 2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].ends_with("…"));
  CHECK(timeline::wrap_to("", 80, 12, 2).empty());
  CHECK(timeline::wrap_to("a b", 80, 12, 2) == std::vector<std::string>{"a b"});
  CHECK(timeline::px(1.0) == "1");
  CHECK(timeline::px(12.345) == "12.3");
}
