#include "trace/tracer.hpp"

#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/recording_sink.hpp"

using namespace msdemo;
using namespace std::chrono_literals;
using trace::SpanKind;

namespace {

struct Fixture {
  explicit Fixture(trace::Sampler::Rule rule = trace::Sampler::Rule::always)
      : sampler(clock, rule) {}

  std::vector<trace::SpanRecord> recorded() {
    recorder.flush();
    return sink.spans();
  }

  test::ManualClock clock;
  test::RecordingSink sink;
  trace::Recorder recorder{sink};
  trace::Sampler sampler;
  Rng rng{1};
  trace::Tracer tracer{"order", recorder, sampler, clock, rng};
};

}  // namespace

TEST_CASE("spans know their trace, their parent and how long they took", "[trace]") {
  Fixture f;
  {
    trace::Span root = f.tracer.start("POST /orders", SpanKind::server, std::nullopt);
    f.clock.advance(2ms);
    {
      trace::Span child = root.child("INSERT orders", SpanKind::client);
      child.set("db.system.name", std::string("sqlite"));
      f.clock.advance(3ms);
      child.fail("disk full");
    }
    f.clock.advance(1ms);
  }
  const auto spans = f.recorded();
  REQUIRE(spans.size() == 2);
  const auto& child = spans[0];
  const auto& root = spans[1];
  CHECK(child.trace_id == root.trace_id);
  CHECK(child.parent_span_id == root.span_id);
  CHECK_FALSE(root.parent_span_id.valid());
  CHECK(child.end_unix_nano - child.start_unix_nano == 3'000'000);
  CHECK(root.end_unix_nano - root.start_unix_nano == 6'000'000);
  CHECK(child.start_unix_nano - root.start_unix_nano == 2'000'000);
  CHECK(child.status == trace::SpanStatus::error);
  CHECK(child.status_message == "disk full");
  CHECK(root.service == "order");
}

TEST_CASE("a caller's decision to sample wins over the sampler's", "[trace]") {
  trace::SpanContext remote{{1, 2}, {3}, true};
  Fixture never(trace::Sampler::Rule::never);
  CHECK(never.tracer.start("a", SpanKind::server, remote).recording());
  remote.sampled = false;
  Fixture always;
  const trace::Span span = always.tracer.start("a", SpanKind::server, remote);
  CHECK_FALSE(span.recording());
  CHECK(span.context().trace_id == remote.trace_id);
}

TEST_CASE("an unsampled span and its children record nothing but keep their trace", "[trace]") {
  Fixture f(trace::Sampler::Rule::never);
  {
    const trace::Span root = f.tracer.start("a", SpanKind::server, std::nullopt);
    trace::Span child = root.child("b");
    child.fail("x");
    CHECK(root.context().trace_id.valid());
    CHECK(child.context().trace_id == root.context().trace_id);
  }
  CHECK(f.recorded().empty());
}

TEST_CASE("a jump of the system clock does not bend a bar", "[trace]") {
  Fixture f;
  {
    const trace::Span span = f.tracer.start("a", SpanKind::internal, std::nullopt);
    f.clock.advance(5ms);
    f.clock.jump(-1h);
  }
  const auto spans = f.recorded();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].end_unix_nano - spans[0].start_unix_nano == 5'000'000);
}

TEST_CASE("a silent tracer samples nothing, whatever its callers say", "[trace]") {
  test::ManualClock clock;
  Rng rng(1);
  const trace::Tracer silent(clock, rng);
  CHECK_FALSE(
      silent.start("a", SpanKind::server, trace::SpanContext{{1, 2}, {3}, true}).recording());
}
