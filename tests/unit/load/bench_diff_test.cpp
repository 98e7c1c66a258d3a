// Whether two benches differ: rarely yes when they do not, and yes when they do.
#include "load/bench_diff.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "support/catch.hpp"
#include "support/sample_benches.hpp"

using namespace msdemo;

namespace {

bool differs(const load::BenchDiff& diff) {
  return std::any_of(diff.metrics.begin(), diff.metrics.end(), [](const load::MetricDiff& metric) {
    return metric.verdict == load::Verdict::different;
  });
}

const load::MetricDiff& find(const load::BenchDiff& diff, std::string_view style,
                             std::string_view metric) {
  for (const load::MetricDiff& one : diff.metrics) {
    if (one.style == style && one.metric == metric) return one;
  }
  throw std::runtime_error("no such metric");
}

}  // namespace

TEST_CASE("a bench does not differ from itself", "[diff]") {
  const load::BenchDiff diff = load::compare(test::usual_bench(), test::usual_bench());
  CHECK(diff.metrics.size() == 8);
  CHECK(diff.warnings.empty());
  for (const load::MetricDiff& metric : diff.metrics) {
    CHECK(metric.words() == "no difference that 6 runs could show");
    CHECK(metric.change_percent == 0);
  }
  CHECK(load::conclude(diff) == "No difference between A and B that these runs could show.");
}

TEST_CASE("of 400 pairs that do not differ, at most 5 % seem to", "[diff]") {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto diff = load::compare(test::noisy_bench(2 * seed), test::noisy_bench(2 * seed + 1));
    alarms += differs(diff) ? 1 : 0;
  }
  CHECK(alarms <= 20);
}

TEST_CASE("a tenth more is found in at least 95 of 100 benches", "[diff]") {
  int found = 0;
  int blamed = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto diff =
        load::compare(test::noisy_bench(2 * seed), test::noisy_bench(2 * seed + 1, 1.1));
    const bool response = find(diff, "async", "response p50").verdict == load::Verdict::different;
    const bool completion =
        find(diff, "async", "completion p50").verdict == load::Verdict::different;
    found += response || completion ? 1 : 0;
    blamed += find(diff, "sync", "response p50").verdict == load::Verdict::different ? 1 : 0;
  }
  CHECK(found >= 95);
  CHECK(blamed <= 5);
}

TEST_CASE("a verdict says what is so, and how likely by chance", "[diff]") {
  const auto diff = load::compare(test::noisy_bench(1), test::noisy_bench(2, 1.5));
  const load::MetricDiff& slower = find(diff, "async", "response p50");
  CHECK(slower.verdict == load::Verdict::different);
  CHECK(slower.words().find("% slower; chance alone would do this in 1 of ") != std::string::npos);
  CHECK(load::conclude(diff).find("response p50 of async") != std::string::npos);
  CHECK(
      find(load::compare(test::noisy_bench(2, 1.5), test::noisy_bench(1)), "async", "response p50")
          .words()
          .find("% faster") != std::string::npos);
}

TEST_CASE("too few runs say nothing", "[diff]") {
  load::Bench few = test::usual_bench();
  few.pairs.resize(6);
  const auto diff = load::compare(few, test::usual_bench());
  for (const load::MetricDiff& metric : diff.metrics) {
    CHECK(metric.verdict == load::Verdict::too_few);
    CHECK(metric.words() == "too few runs (3) to say");
  }
  CHECK(load::conclude(diff) == "Too few runs to say whether A and B differ.");
}

TEST_CASE("what else differs is told", "[diff]") {
  load::Bench other = test::doubtful_bench();
  other.environment.cores = 8;
  other.environment.durability = "normal";
  other.settings.rate_per_s = 600;
  for (load::Run& run : other.pairs) run.fsync_p50_us = 900;
  const auto diff = load::compare(test::usual_bench(), other);
  CHECK_FALSE(diff.trusted);
  const auto told = [&](const std::string& text) {
    return std::any_of(diff.warnings.begin(), diff.warnings.end(), [&](const std::string& warning) {
      return warning.find(text) != std::string::npos;
    });
  };
  CHECK(told("the number of cores differs: 2 and 8"));
  CHECK(told("the durability differs: full and normal"));
  CHECK(told("the rate differs: 1,200 and 600"));
  CHECK(told("fsync took: 300 us and 900 us"));
  CHECK(told("6 of 6 runs (async) in B are INVALID"));
  CHECK(told("B is partial"));
  CHECK(load::compare(test::usual_bench(), test::url_bench()).metrics.empty());
}
