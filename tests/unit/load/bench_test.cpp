// What is made of a bench: its JSON form, its conclusion, its knees.
#include "load/bench.hpp"

#include "load/bench_html.hpp"
#include "load/bench_json.hpp"
#include "load/bench_summary.hpp"
#include "support/catch.hpp"
#include "support/sample_benches.hpp"

using namespace msdemo;
using namespace std::chrono_literals;

TEST_CASE("a percentile is told only with ten samples beyond it", "[bench]") {
  load::Histogram histogram;
  for (int i = 1; i <= 900; ++i) histogram.record(i * 1ms);
  const load::Latencies few = load::latencies_of(histogram);
  CHECK(few.samples == 900);
  CHECK(few.p50_ms.has_value());
  CHECK(few.p90_ms.has_value());
  CHECK_FALSE(few.p99_ms.has_value());
  for (int i = 1; i <= 900; ++i) histogram.record(i * 1ms);
  CHECK(load::latencies_of(histogram).p99_ms.has_value());
  CHECK_FALSE(load::latencies_of(histogram).p99_9_ms.has_value());
  CHECK_FALSE(load::latencies_of({}).max_ms.has_value());
}

TEST_CASE("a bench is the same after a way through JSON", "[bench]") {
  for (const load::Bench& bench :
       {test::usual_bench(), test::doubtful_bench(), test::url_bench(), load::Bench{}}) {
    const Json json = load::to_json(bench);
    const auto read = load::parse_bench(json.dump());
    REQUIRE(read.has_value());
    CHECK(load::to_json(*read) == json);
  }
}

TEST_CASE("what is no bench is refused with the reason", "[bench]") {
  const auto why = [](const std::string& text) {
    const auto read = load::parse_bench(text);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Code::usage);
    return read.error().message;
  };
  CHECK(why("nonsense").find("JSON") != std::string::npos);
  CHECK(why("{}").find("msdemo-bench-1") != std::string::npos);
  CHECK(why("[1]").find("msdemo-bench-1") != std::string::npos);
  Json json = load::to_json(test::usual_bench());
  json["pairs"][0].erase("latency");
  CHECK(why(json.dump()).find("latency") != std::string::npos);
  json["pairs"] = 7;
  CHECK_FALSE(why(json.dump()).empty());
}

TEST_CASE("medians, knees and Little's law follow from the runs", "[bench]") {
  const load::BenchSummary summary = load::summarize(test::usual_bench());
  REQUIRE(summary.styles.size() == 2);
  const load::StyleSummary* sync = summary.find("sync");
  REQUIRE(sync != nullptr);
  CHECK(sync->runs == 6);
  CHECK(sync->p50_ms.median == 1.35);
  CHECK(sync->p50_ms.interval == load::Interval{1.3, 1.3 + 0.02 * 5});
  CHECK_FALSE(sync->p99_ms.together);
  CHECK(sync->p99_9_ms.median == 9.5);
  CHECK(sync->p99_9_ms.together);
  CHECK_FALSE(sync->p99_9_ms.interval.has_value());
  REQUIRE(sync->little.has_value());
  CHECK(sync->little->agrees());
  CHECK(summary.tail == "p99");
  REQUIRE(summary.lines.size() == 3);
  CHECK(summary.lines[0].knee.rate_per_s == 1600.0);
  CHECK(summary.lines[0].knee.first_above == 3200.0);
  CHECK(summary.lines[0].knee.because == "only 80 % of it is achieved");
  CHECK(summary.lines[1].knee.rate_per_s == 6400.0);
  CHECK(summary.lines[2].knee.because == "slow ones take 6 times as long");
  CHECK(summary.invalid_because.empty());
}

TEST_CASE("one invalid run of six is told, two are too many", "[bench]") {
  load::Bench bench = test::usual_bench();
  bench.pairs[0].invalid_because = "late";
  CHECK(load::summarize(bench).invalid_because.empty());
  CHECK(load::to_json(bench).at("valid") == true);
  bench.pairs[2].invalid_because = "late";
  CHECK(load::summarize(bench).invalid_because == "2 of 6 runs (sync): late");
  CHECK(load::to_json(bench).at("valid") == false);
}

TEST_CASE("a report needs nothing beside it and trusts no text", "[bench]") {
  for (const load::Bench& bench :
       {test::usual_bench(), test::doubtful_bench(), test::url_bench(), load::Bench{}}) {
    const std::string page = load::format_html(bench);
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("src=") == std::string::npos);
    CHECK(page.find("href=") == std::string::npos);
    CHECK(page.find("<X&Y>") == std::string::npos);
    CHECK(page.find("<timeout>") == std::string::npos);
    CHECK(page.find("<b>") == std::string::npos);
  }
  CHECK(load::format_html(test::doubtful_bench()).find("INVALID: 6 of 6 runs (async)") !=
        std::string::npos);
  CHECK(load::format_html(test::url_bench()).find("&lt;timeout&gt;") != std::string::npos);
}
