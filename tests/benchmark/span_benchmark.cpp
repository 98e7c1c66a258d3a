// What a span costs the thread that works on a request, sampled and not.
#include <benchmark/benchmark.h>

#include "base/limits.hpp"
#include "trace/tracer.hpp"

namespace msdemo::trace {

namespace {

class NullSink final : public SpanSink {
 public:
  bool deliver(std::span<const SpanRecord> /*batch*/) override { return true; }
};

/// Time on this thread alone: the recorder's own thread empties the queue in pauses, before it is
/// full and spans are dropped for less than they cost.
void start_and_end_span(benchmark::State& state, Sampler::Rule rule) {
  NullSink sink;
  Recorder recorder(sink);
  Sampler sampler(real_clock(), rule);
  Rng rng(1);
  const Tracer tracer("order", recorder, sampler, real_clock(), rng);
  std::size_t recorded = 0;
  for ([[maybe_unused]] auto _ : state) {
    Span span = tracer.start("POST /orders", SpanKind::server, std::nullopt);
    span.end();
    if (span.context().sampled && ++recorded % (limits::kSpansQueued / 2) == 0) {
      state.PauseTiming();
      recorder.flush();
      state.ResumeTiming();
    }
  }
  state.counters["lost"] = static_cast<double>(recorder.lost());
}
BENCHMARK_CAPTURE(start_and_end_span, unsampled, Sampler::Rule::never);
BENCHMARK_CAPTURE(start_and_end_span, sampled, Sampler::Rule::always);

}  // namespace

}  // namespace msdemo::trace
