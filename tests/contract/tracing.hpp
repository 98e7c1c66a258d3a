// A trace of its own for a test that looks at spans.
#pragma once

#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/manual_clock.hpp"
#include "support/recording_sink.hpp"
#include "trace/tracer.hpp"

namespace msdemo::test {

/// Traces everything, and shows what it traced.
class Tracing {
 public:
  trace::Span root(bool sampled = true) {
    const trace::SpanContext remote{{1, 2}, {3}, sampled};
    return tracer_.start("test", trace::SpanKind::internal, remote);
  }

  std::vector<trace::SpanRecord> spans() {
    recorder_.flush();
    return sink_.spans();
  }

 private:
  RecordingSink sink_;
  ManualClock clock_;
  Rng rng_{1};
  trace::Recorder recorder_{sink_};
  trace::Sampler sampler_{clock_, trace::Sampler::Rule::always};
  trace::Tracer tracer_{"order", recorder_, sampler_, clock_, rng_};
};

inline trace::AttributeValue attribute(const trace::SpanRecord& span, const std::string& key) {
  for (const auto& [name, value] : span.attributes) {
    if (name == key) return value;
  }
  return std::string("(absent)");
}

}  // namespace msdemo::test
