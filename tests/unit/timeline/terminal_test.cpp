// What holds for every picture, whatever the trace: columns, rows and glyphs; and units.
#include "timeline/terminal.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <sstream>

#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "timeline/text_width.hpp"
#include "timeline/why.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
namespace trace = msdemo::trace;
using timeline::draw;
using timeline::DrawOptions;
using timeline::format_duration;
using timeline::lay_out;
using trace::SpanKind;
using trace::SpanRecord;

namespace {

/// The lines of a picture without its escape sequences.
std::vector<std::string> lines_of(const std::string& picture) {
  std::string plain;
  for (std::size_t at = 0; at < picture.size(); ++at) {
    if (picture[at] == '\x1b') {
      at = picture.find('m', at);
    } else {
      plain += picture[at];
    }
  }
  std::vector<std::string> lines;
  std::istringstream in(plain);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Whether there is anything of a bar in it: a block element (U+2580 to U+25BF), a queue's or a
/// missing span's texture.
bool has_bar(const std::string& line) {
  return line.find("\xe2\x96") != std::string::npos || line.find("═") != std::string::npos ||
         line.find("┄") != std::string::npos;
}

/// Whether the row's segments say of all its time what it was spent on.
bool is_divided(const timeline::Row& row) {
  std::int64_t until_ns = row.start_ns;
  for (const timeline::Segment& segment : row.segments) {
    if (segment.start_ns != until_ns || segment.end_ns < until_ns) return false;
    until_ns = segment.end_ns;
  }
  return !row.segments.empty() && until_ns == std::max(row.start_ns, row.end_ns);
}

bool has_control(const std::string& line) {
  return std::ranges::any_of(line, [](char byte) { return byte >= 0 && byte < ' '; });
}

/// Traces as a hostile exporter would send them, each from its seed.
class RandomTrace {
 public:
  explicit RandomTrace(unsigned seed) : random_(seed) {}

  std::vector<SpanRecord> spans() {
    std::vector<SpanRecord> spans;
    const int count = below(200) == 0 ? below(300) : below(12);
    for (int number = 1; number <= count; ++number) spans.push_back(span(number, count));
    return spans;
  }

  trace::SpanEvent decision() { return {"policy.retry", time(), {{"rule", text()}}}; }

  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

 private:
  SpanRecord span(int number, int count) {
    SpanRecord span;
    span.trace_id = {1, 1};
    span.span_id = {static_cast<std::uint64_t>(below(20) == 0 ? 1 + below(count) : number)};
    span.parent_span_id = {
        static_cast<std::uint64_t>(below(4) == 0 ? below(count + 3) : below(number))};
    span.service = text();
    span.name = text();
    span.kind = static_cast<SpanKind>(1 + below(5));
    span.start_unix_nano = time();
    span.end_unix_nano = time();
    const bool usual = below(9) != 0 && span.start_unix_nano > 0;
    if (usual) span.end_unix_nano = std::max(span.start_unix_nano, span.end_unix_nano);
    if (below(3) == 0) span.attributes.emplace_back("http.request.method", std::string("GET"));
    if (below(4) == 0) span.attributes.emplace_back("peer.service", text());
    if (below(4) == 0) span.attributes.emplace_back("messaging.destination.name", text());
    if (below(4) == 0) span.attributes.emplace_back("messaging.delivery.attempt", std::int64_t{2});
    if (below(4) == 0) span.status = trace::SpanStatus::error;
    if (below(2) == 0) span.status_message = text() + " " + text();
    return span;
  }

  std::int64_t time() {
    if (below(200) == 0) return std::numeric_limits<std::int64_t>::min();
    if (below(200) == 0) return std::numeric_limits<std::int64_t>::max();
    return std::int64_t{1'795'394'401'000'000'000} + below(2'000'000);
  }

  std::string text() {
    static const std::vector<std::string> kPieces{
        "order",   "user", "GET /users/{id}", "本",     "cafe\u0301", "\U0001F4DA", "שלום", " ",
        "\x1b[2J", "\xff", "\u202e",          "\u200b", "\n",         "",           "x"};
    std::string text;
    for (int pieces = below(30) == 0 ? below(60) : below(4); pieces > 0; --pieces) {
      text += kPieces[static_cast<std::size_t>(below(static_cast<int>(kPieces.size())))];
    }
    return text;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("durations have three significant digits", "[timeline]") {
  CHECK(format_duration(0) == "0 ns");
  CHECK(format_duration(812) == "812 ns");
  CHECK(format_duration(1'000) == "1.00 µs");
  CHECK(format_duration(27'040) == "27.0 µs");
  CHECK(format_duration(385'000) == "385 µs");
  CHECK(format_duration(999'499) == "999 µs");
  CHECK(format_duration(999'600) == "1.00 ms");
  CHECK(format_duration(4'831'000) == "4.83 ms");
  CHECK(format_duration(9'996'000) == "10.0 ms");
  CHECK(format_duration(30'000'000'000) == "30.0 s");
  CHECK(format_duration(86'400'000'000'000) == "86400 s");
  CHECK(format_duration(-1'500) == "-1.50 µs");
  CHECK(format_duration(-7) == "-7 ns");
  CHECK(format_duration(std::numeric_limits<std::int64_t>::min()) == "-9223372037 s");
}

TEST_CASE("a service keeps its colour", "[timeline]") {
  CHECK(timeline::service_color("order") == timeline::service_color("order"));
  CHECK(timeline::service_color("order") != timeline::service_color("user"));
  CHECK(timeline::service_color("a student's own") > 15);
}

TEST_CASE("nothing to draw is said", "[timeline]") {
  CHECK(draw({}, {}) == "no spans arrived\n");
}

TEST_CASE("a deep chain of calls leaves room for names and bars", "[timeline]") {
  test::TraceBuilder trace;
  for (int span = 0; span < 2000; ++span) {
    trace.add(span - 1, "order", "step", SpanKind::internal, span, 4000 - span);
  }
  const auto lines = lines_of(draw(lay_out(trace.spans()), {60, false, {}}));
  REQUIRE(lines.size() == 2003);
  CHECK(lines[2000].find("└ step") != std::string::npos);
  for (const std::string& line : lines) CHECK(timeline::columns_of(line) <= 60);
}

TEST_CASE("any trace with decisions is drawn and explained within its columns", "[timeline]") {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    RandomTrace random(seed);
    std::vector<SpanRecord> spans = random.spans();
    if (spans.empty()) continue;
    for (SpanRecord& span : spans) {
      if (random.below(2) == 0) span.events.push_back(random.decision());
    }
    DrawOptions options;
    options.columns = 60 + random.below(141);
    options.color = random.below(2) == 0;
    const std::string picture = draw(lay_out(spans), options);
    const std::string told =
        timeline::format_explanation(timeline::explain(spans), options.columns, options.color);
    for (const std::string& line : lines_of(picture + told)) {
      const bool good = timeline::columns_of(line) <= options.columns && !line.ends_with(' ') &&
                        !has_control(line);
      if (!good) FAIL("seed " << seed << ", " << options.columns << " columns: " << line);
    }
  }
}

TEST_CASE("more decisions than have a digit are counted, and marked together", "[timeline]") {
  test::TraceBuilder trace;
  const int orders = trace.add(-1, "order", "POST /orders", SpanKind::server, 0, 1000);
  for (int number = 0; number < 12; ++number) {
    trace.decide(orders, "policy.retry", "again", number * 80);
  }
  DrawOptions options;
  options.why_command = "msdemo why 7";
  const auto lines = lines_of(draw(lay_out(trace.spans()), options));
  for (const char sign : std::string("123456789+")) {
    CHECK(lines[1].find(sign) != std::string::npos);
  }
  CHECK(lines.back() == "  +  3 more: msdemo why 7");
}

TEST_CASE("every span of any trace has a row, and no line is too wide", "[timeline]") {
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    RandomTrace random(seed);
    const std::vector<SpanRecord> spans = random.spans();
    const timeline::Layout layout = lay_out(spans);
    if (!std::ranges::all_of(layout.rows, is_divided)) FAIL("seed " << seed << ": a gap");
    for (const SpanRecord& span : spans) {
      const auto rows = std::ranges::count(layout.rows, span.span_id, &timeline::Row::span_id);
      if (rows != 1) FAIL("seed " << seed << ": " << rows << " rows for " << span.span_id.hex());
    }
    DrawOptions options;
    options.columns = 60 + random.below(141);
    options.color = random.below(2) == 0;
    const auto lines = lines_of(draw(layout, options));
    const auto legend = std::ranges::find(lines, std::string());
    const auto bars = static_cast<std::size_t>(std::count_if(lines.begin(), legend, has_bar));
    if (bars != layout.rows.size()) FAIL("seed " << seed << ": " << bars << " bars");
    for (const std::string& line : lines) {
      // Durations end at the last column, so a row of any other width has its bar out of line.
      const bool row = has_bar(line) && &line - lines.data() < legend - lines.begin();
      const int columns = timeline::columns_of(line);
      const bool good = (row ? columns == options.columns : columns <= options.columns) &&
                        !line.ends_with(' ') && !has_control(line);
      if (!good) FAIL("seed " << seed << ", " << options.columns << " columns: " << line);
    }
  }
}
