// What an order's JSON costs each request: reading the body, writing the answer.
#include <benchmark/benchmark.h>

#include "contracts/order.hpp"

namespace msdemo {

namespace {

const contracts::Order kOrder = {.id = 123'456,
                                 .user_id = 1,
                                 .item_name = "book",
                                 .username = "Ada",
                                 .status = contracts::OrderStatus::confirmed,
                                 .created_at = "2026-01-31T12:34:56.789Z"};

void parse_new_order(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    auto order = contracts::parse_new_order(R"({"user_id":1,"item_name":"book"})");
    benchmark::DoNotOptimize(order);
  }
}
BENCHMARK(parse_new_order);

void parse_order(benchmark::State& state) {
  const std::string text = dump_json(to_json(kOrder));
  for ([[maybe_unused]] auto _ : state) {
    auto order = contracts::parse_order(text);
    benchmark::DoNotOptimize(order);
  }
}
BENCHMARK(parse_order);

void dump_order(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    auto text = dump_json(to_json(kOrder));
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(dump_order);

}  // namespace

}  // namespace msdemo
