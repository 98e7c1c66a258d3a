// What a span says about a conversation: whom it asked, which message it is about, why it failed.
// It exists so that OpenTelemetry's attribute names are in one place, and the layout reads as
// rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trace/span.hpp"

namespace msdemo::timeline {

/// Nanoseconds from `origin` to `time`. Times come from any exporter and may be nonsense; this is
/// cut off far from where sums of two would overflow.
std::int64_t since(std::int64_t origin, std::int64_t time);

/// The attribute as text, empty if it is absent.
std::string text_of(const trace::Attributes& attributes, std::string_view key);
std::string text_of(const trace::SpanRecord& span, std::string_view key);

/// The attribute if it is a whole number.
std::optional<std::int64_t> integer_of(const trace::SpanRecord& span, std::string_view key);

/// Whether it asks another service, and not a database.
bool is_call(const trace::SpanRecord& span);

/// Whether it asks a program of which it is known that it records no spans.
bool asks_untraced(const trace::SpanRecord& span);

/// Whether another service should have a span for what this one asked of it.
bool expects_callee(const trace::SpanRecord& span);

std::string callee_of(const trace::SpanRecord& span);

std::string failure_of(const trace::SpanRecord& span);

/// A message's stay in a queue, from published to acked.
bool is_queue(const trace::SpanRecord& span);

/// A message's way on: what another process does with what its parent sent.
bool carries_message(const trace::SpanRecord& span);

/// The parent of such a span is in another process, of any other span in the same.
bool begins_in_its_process(const trace::SpanRecord& span);

/// The topic of a producer, a queue or a consumer.
std::string topic_of(const trace::SpanRecord& span);

/// The how manieth delivery of its message a consumer had; 0 if it does not say.
std::int64_t attempt_of(const trace::SpanRecord& span);

}  // namespace msdemo::timeline
