// What may be said to `bench`, and what of it is found to be wrong before anything runs.
#include "commands/bench_options.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/sample_benches.hpp"
#include "support/temp_dir.hpp"

using namespace msdemo;
using commands::BenchOptions;
using commands::plan_bench;

namespace {

std::string refusal(const BenchOptions& options) {
  const auto plan = plan_bench(options);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().code == Code::usage);
  CHECK_FALSE(plan.error().hint.empty());
  return plan.error().message;
}

bool begins(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}

}  // namespace

TEST_CASE("without options both styles are measured and swept", "[bench]") {
  const auto plan = plan_bench({});
  REQUIRE(plan.has_value());
  CHECK(plan->settings.styles == std::vector<std::string>{"sync", "async"});
  CHECK(plan->settings.duration == std::chrono::seconds(1));
  CHECK(plan->repetitions == 6);
  CHECK(plan->sweeps);
  CHECK(plan->sweep.empty());
}

TEST_CASE("a wrong option is refused with its name and its rule", "[bench]") {
  for (const double rate : {0.0, -1.0, 2e6}) {
    BenchOptions options;
    options.rate = rate;
    options.rate_given = true;
    CHECK(begins(refusal(options), "--rate must be more than 0 and at most 1,000,000"));
  }
  BenchOptions options;
  for (const char* time : {"0s", "0", "-1s", "soon", "2h", "3601s"}) {
    options = {};
    options.duration = time;
    CHECK(begins(refusal(options), "--duration is a time of 1ms to 3600 s"));
  }
  options = {};
  options.style = "rpc";
  CHECK(begins(refusal(options), "--style is sync, async or both, not 'rpc'"));
  options = {};
  options.connections = 0;
  CHECK(begins(refusal(options), "--connections must be 1 to"));
  options = {};
  options.arrivals = "bursts";
  CHECK(begins(refusal(options), "--arrivals is"));
  options = {};
  options.sweep_given = true;
  for (const char* rates : {"fast", "100,,200", "100,0", ""}) {
    options.sweep = rates;
    CHECK(begins(refusal(options), "--sweep"));
  }
  options = {};
  options.closed = true;
  options.rate = 5;
  options.rate_given = true;
  CHECK(begins(refusal(options), "--closed has no rate"));
}

TEST_CASE("a URL names a host, and nothing that would end a request's line", "[bench]") {
  BenchOptions options;
  options.url = "http://127.0.0.1:8080/users/1?a=b";
  const auto plan = plan_bench(options);
  REQUIRE(plan.has_value());
  CHECK(plan->url->host == "127.0.0.1");
  CHECK(plan->url->port == 8080);
  CHECK(plan->url->target == "/users/1?a=b");
  CHECK(plan->repetitions == 1);
  CHECK_FALSE(plan->sweeps);
  options.url = "http://localhost";
  CHECK(plan_bench(options)->url->port == 80);
  CHECK(plan_bench(options)->url->target == "/");
  for (const char* url : {"localhost:80", "https://localhost/", "http://", "http://:80/",
                          "http://a:0/", "http://a:x/", "http://a/ b", "http://a/\r\nX: y"}) {
    options.url = url;
    CHECK(begins(refusal(options), "--url "));
  }
}

TEST_CASE("a report that cannot be written is found before the run", "[bench]") {
  const test::TempDir folder;
  BenchOptions options;
  options.html = (folder.path() / "missing" / "report.html").string();
  CHECK(refusal(options).find("cannot be written") != std::string::npos);
  options.html = (folder.path() / "report.html").string();
  CHECK(plan_bench(options).has_value());
  CHECK(std::filesystem::is_empty(folder.path()));
  std::ofstream(options.html) << "kept";
  CHECK(plan_bench(options).has_value());
  CHECK(std::filesystem::file_size(options.html) == 4);
}

TEST_CASE("thresholds are read and judged", "[bench]") {
  load::Bench bench = test::usual_bench();
  bench.together.clear();
  const load::BenchSummary summary = load::summarize(bench);
  const auto broken = [&](const std::string& text) {
    const auto threshold = commands::parse_threshold(text);
    REQUIRE(threshold.has_value());
    return commands::broken_thresholds({*threshold}, summary);
  };
  CHECK(broken("p50>50ms").empty());
  CHECK(broken("p50>1ms") == std::vector<std::string>{"p50>1ms holds for sync: it is 1.35 ms"});
  CHECK(broken("failed%>1").empty());
  CHECK(broken("failed%<1").size() == 2);
  CHECK(broken("achieved<380").empty());
  CHECK(broken("achieved<1300").size() == 2);
  REQUIRE(broken("p99.9>1s").size() == 2);
  CHECK(broken("p99.9>1s").front().find("too few samples") != std::string::npos);
  for (const char* bad : {"", "p99", "p99>", "p99>50", "p98>5ms", "p99=5ms", "achieved<x",
                          "failed%>-1", "achieved<5/s"}) {
    INFO(bad);
    const auto threshold = commands::parse_threshold(bad);
    REQUIRE_FALSE(threshold.has_value());
    CHECK(threshold.error().message.rfind("--fail-if", 0) == 0);
  }
}
