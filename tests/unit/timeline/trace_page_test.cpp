// The page of a trace: complete, readable without scripts, and safe whatever the trace says.
#include "timeline/trace_page.hpp"

#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "unit/timeline/markup_check.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
namespace trace = msdemo::trace;

namespace {

std::string page(const std::vector<trace::SpanRecord>& spans) {
  return timeline::format_page(spans, timeline::explain(spans), "trace 0af7");
}

bool says(const std::string& html, std::string_view words) {
  return html.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a page has the picture, the rules, the measurements and every span", "[timeline]") {
  const auto spans = test::order_with_retries().spans();
  const std::string html = page(spans);
  CHECK(test::markup_problem(html).empty());
  CHECK(says(html, "<svg "));
  CHECK(says(html, "<h2>Why</h2>"));
  CHECK(says(html, "retry 1 of 2 after 13 ms: user answered 500"));
  CHECK(says(html, "<h2>Measured</h2>"));
  for (const trace::SpanRecord& span : spans) {
    CHECK(says(html, "<tr data-span=\"" + span.span_id.hex() + "\">"));
  }
  CHECK(says(html, "<dt>http.response.status_code</dt><dd>500</dd>"));
}

TEST_CASE("a page may fetch nothing", "[timeline]") {
  const std::string html = page(test::async_order().spans());
  CHECK(says(html, "default-src 'none'"));
  CHECK_FALSE(says(html, "src=\""));
  CHECK_FALSE(says(html, "href=\""));
}

TEST_CASE("a page shows what a trace says as text", "[timeline]") {
  test::TraceBuilder trace;
  const int root = trace.add(-1, "order", "POST /orders", trace::SpanKind::server, 0, 100);
  trace.set(root, "item", std::string("</dd><script>alert(1)</script>"));
  const std::string html = page(trace.spans());
  CHECK(test::markup_problem(html).empty());
  CHECK(says(html, "&lt;/dd&gt;&lt;script&gt;"));
}

TEST_CASE("a page has rows for what never arrived", "[timeline]") {
  const std::string html = page(test::order_while_user_is_killed());
  CHECK(test::markup_problem(html).empty());
  CHECK(says(html, "no span arrived from user"));
}
