// What `bench` and `bench diff` print, compared with approved pictures.
#include "commands/bench_view.hpp"
#include "support/approved.hpp"
#include "support/catch.hpp"
#include "support/sample_benches.hpp"

namespace test = msdemo::test;
using namespace msdemo::commands;

TEST_CASE("a bench looks as approved", "[bench]") {
  const std::pair<std::string, msdemo::load::Bench> stories[] = {
      {"usual", test::usual_bench()},
      {"doubtful", test::doubtful_bench()},
      {"url", test::url_bench()},
  };
  for (const auto& [name, bench] : stories) {
    for (const int columns : {80, 120}) {
      const std::string path = "bench_" + name + "_" + std::to_string(columns);
      test::check_approved(path, draw_bench(bench, {columns, false}));
      if (columns == 80) test::check_approved(path + "_color", draw_bench(bench, {columns, true}));
    }
  }
}

TEST_CASE("a difference looks as approved", "[bench]") {
  const auto diff = msdemo::load::compare(test::noisy_bench(1), test::noisy_bench(2, 1.2));
  test::check_approved("bench_diff_80", draw_diff(diff, {80, false}));
  test::check_approved("bench_diff_80_color", draw_diff(diff, {80, true}));
  const auto doubtful = msdemo::load::compare(test::usual_bench(), test::doubtful_bench());
  test::check_approved("bench_diff_doubtful_80", draw_diff(doubtful, {80, false}));
}
