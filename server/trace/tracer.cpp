#include "trace/tracer.hpp"

#include <chrono>

#include "base/limits.hpp"

namespace msdemo::trace {

namespace {

std::string bounded(std::string_view text) {
  return std::string(text.substr(0, limits::kAttributeBytes));
}

}  // namespace

Span& Span::operator=(Span&& other) noexcept {
  end();
  tracer_ = other.tracer_;
  context_ = other.context_;
  started_ = other.started_;
  record_ = std::move(other.record_);
  return *this;
}

Span Span::child(std::string_view name, SpanKind kind) const {
  if (!context_.sampled) return Span(*tracer_, context_);
  return tracer_->open(name, kind, next_context(), context_.span_id);
}

SpanContext Span::next_context() const {
  SpanContext inner = context_;
  if (context_.sampled) inner.span_id = SpanId::random(tracer_->rng_);
  return inner;
}

void Span::set(std::string_view key, AttributeValue value) {
  if (!record_) return;
  if (auto* text = std::get_if<std::string>(&value)) *text = bounded(*text);
  record_->attributes.emplace_back(key, std::move(value));
}

void Span::event(std::string_view name, Attributes attributes) {
  if (!record_) return;
  record_->events.push_back(
      {std::string(name), unix_nano(tracer_->clock_.system_now()), std::move(attributes)});
}

void Span::decide(std::string_view name, std::string rule) {
  if (record_) event(name, {{"rule", bounded(rule)}});
}

void Span::fail(std::string_view reason) {
  if (!record_) return;
  record_->status = SpanStatus::error;
  record_->status_message = bounded(reason);
}

void Span::end() {
  if (!record_) return;
  // The length comes from the steady clock: a jump of the system clock must not bend a bar.
  const auto length = tracer_->clock_.steady_now() - started_;
  record_->end_unix_nano = record_->start_unix_nano +
                           std::chrono::duration_cast<std::chrono::nanoseconds>(length).count();
  tracer_->recorder_->record(std::move(*record_));
  record_.reset();
}

Tracer::Tracer(std::string service, Recorder& recorder, Sampler& sampler, const Clock& clock,
               Rng& rng)
    : service_(std::move(service)),
      recorder_(&recorder),
      sampler_(&sampler),
      clock_(clock),
      rng_(rng) {}

Tracer::Tracer(const Clock& clock, Rng& rng)
    : recorder_(nullptr), sampler_(nullptr), clock_(clock), rng_(rng) {}

Span Tracer::start(std::string_view name, SpanKind kind,
                   const std::optional<SpanContext>& remote) const {
  SpanContext context;
  context.trace_id = remote ? remote->trace_id : TraceId::random(rng_);
  context.span_id = SpanId::random(rng_);
  context.sampled =
      recorder_ != nullptr && (remote ? remote->sampled : sampler_->sample(context.trace_id.low));
  if (!context.sampled) return Span(*this, context);
  return open(name, kind, context, remote ? remote->span_id : SpanId{});
}

void Tracer::record(SpanRecord span) const {
  if (recorder_ == nullptr) return;
  if (span.service.empty()) span.service = service_;
  recorder_->record(std::move(span));
}

Span Tracer::open(std::string_view name, SpanKind kind, SpanContext context, SpanId parent) const {
  Span span(*this, context);
  span.started_ = clock_.steady_now();
  span.record_ = std::make_unique<SpanRecord>();
  SpanRecord& record = *span.record_;
  record.trace_id = context.trace_id;
  record.span_id = context.span_id;
  record.parent_span_id = parent;
  record.service = service_;
  record.name = name;
  record.kind = kind;
  record.start_unix_nano = unix_nano(clock_.system_now());
  return span;
}

}  // namespace msdemo::trace
