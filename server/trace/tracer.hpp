// Starts spans. A span that is not sampled is only a context: it allocates and records nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "trace/recorder.hpp"
#include "trace/sampler.hpp"
#include "trace/span.hpp"

namespace msdemo::trace {

class Tracer;

/// A span that is going on. It ends when end() is called or it is destroyed, whichever is first.
/// Belongs to one thread at a time; its tracer must outlive it.
class Span {
 public:
  Span(Span&& other) noexcept = default;
  Span& operator=(Span&& other) noexcept;
  ~Span() { end(); }

  const SpanContext& context() const { return context_; }
  bool recording() const { return record_ != nullptr; }

  /// A span inside this one, starting now.
  Span child(std::string_view name, SpanKind kind = SpanKind::internal) const;

  /// What a child would have: for a span that begins here and ends on another thread or in another
  /// process, which then gives it to Tracer::record().
  SpanContext next_context() const;

  void set(std::string_view key, AttributeValue value);
  void event(std::string_view name, Attributes attributes = {});

  /// An event that says which rule decided, for `why`: `name` is `policy.…` or `fault.…`, `rule` is
  /// one sentence with its numbers.
  void decide(std::string_view name, std::string rule);

  /// Marks the span as failed; `reason` is shown on the timeline.
  void fail(std::string_view reason);

  void end();

 private:
  friend class Tracer;
  Span(const Tracer& tracer, SpanContext context) : tracer_(&tracer), context_(context) {}

  const Tracer* tracer_;
  SpanContext context_;
  SteadyTime started_{};
  std::unique_ptr<SpanRecord> record_;  ///< null when not sampled, or ended
};

/// One per process. Thread-safe.
class Tracer {
 public:
  /// The references must outlive the tracer.
  Tracer(std::string service, Recorder& recorder, Sampler& sampler, const Clock& clock, Rng& rng);

  /// A tracer that samples nothing, for servers that are not part of any trace.
  Tracer(const Clock& clock, Rng& rng);

  /// The first span of this process for a request: `remote` (from a valid traceparent) decides
  /// whether it is sampled, else the sampler.
  Span start(std::string_view name, SpanKind kind, const std::optional<SpanContext>& remote) const;

  /// Records a finished span that no Span followed. An empty service becomes this process's.
  /// Whether its trace is sampled is for the caller to know.
  void record(SpanRecord span) const;

 private:
  friend class Span;
  Span open(std::string_view name, SpanKind kind, SpanContext context, SpanId parent) const;

  std::string service_;
  Recorder* recorder_;  ///< null: nothing is sampled
  Sampler* sampler_;
  const Clock& clock_;
  Rng& rng_;
};

}  // namespace msdemo::trace
