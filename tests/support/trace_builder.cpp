#include "support/trace_builder.hpp"

#include <cmath>

namespace msdemo::test {

using trace::SpanKind;
using trace::SpanRecord;

namespace {

constexpr std::int64_t kBeginning = 1'795'394'401'000'000'000;  // 2026-11-23T00:40:01Z

}  // namespace

std::int64_t at(double us) {
  return kBeginning + std::llround(us * 1000);
}

int TraceBuilder::add(int parent, std::string_view service, std::string_view name, SpanKind kind,
                      double start_us, double end_us) {
  SpanRecord span;
  span.trace_id = {0x0af7651916cd43dd, 0x8448eb211c80319c};
  span.span_id = {spans_.size() + 1};
  span.parent_span_id = {static_cast<std::uint64_t>(parent + 1)};
  span.service = service;
  span.name = name;
  span.kind = kind;
  span.start_unix_nano = at(start_us);
  span.end_unix_nano = at(end_us);
  spans_.push_back(span);
  lost_.push_back(false);
  return static_cast<int>(spans_.size()) - 1;
}

int TraceBuilder::call(int parent, std::string_view service, std::string_view peer,
                       std::string_view name, double start_us, double end_us) {
  const int span = add(parent, service, name, SpanKind::client, start_us, end_us);
  set(span, "http.request.method", std::string(name.substr(0, name.find(' '))));
  set(span, "server.address", std::string("127.0.0.1"));
  set(span, "server.port", std::int64_t{8001});
  set(span, "peer.service", std::string(peer));
  return span;
}

int TraceBuilder::database(int parent, std::string_view service, std::string_view name,
                           double start_us, double end_us) {
  const int span = add(parent, service, name, SpanKind::client, start_us, end_us);
  set(span, "db.system.name", std::string("sqlite"));
  return span;
}

int TraceBuilder::publish(int parent, std::string_view service, std::string_view topic,
                          double start_us, double end_us) {
  return add(parent, service, "publish " + std::string(topic), SpanKind::producer, start_us,
             end_us);
}

int TraceBuilder::queue(int producer, std::string_view group, std::string_view topic,
                        double start_us, double end_us) {
  const int span =
      add(producer, "broker", "queue " + std::string(topic), SpanKind::internal, start_us, end_us);
  set(span, "messaging.destination.name", std::string(topic));
  set(span, "messaging.consumer.group.name", std::string(group));
  return span;
}

int TraceBuilder::process(int queue, std::string_view service, std::string_view topic,
                          std::int64_t attempt, double start_us, double end_us) {
  const int span =
      add(queue, service, "process " + std::string(topic), SpanKind::consumer, start_us, end_us);
  set(span, "messaging.delivery.attempt", attempt);
  return span;
}

void TraceBuilder::decide(int span, std::string_view name, std::string_view rule, double at_us) {
  spans_.at(static_cast<std::size_t>(span))
      .events.push_back({std::string(name), at(at_us), {{"rule", std::string(rule)}}});
}

void TraceBuilder::set(int span, std::string_view key, trace::AttributeValue value) {
  spans_.at(static_cast<std::size_t>(span)).attributes.emplace_back(key, std::move(value));
}

void TraceBuilder::fail(int span, std::string_view reason) {
  SpanRecord& record = spans_.at(static_cast<std::size_t>(span));
  record.status = trace::SpanStatus::error;
  record.status_message = reason;
}

void TraceBuilder::lose(int span) {
  lost_.at(static_cast<std::size_t>(span)) = true;
}

std::vector<SpanRecord> TraceBuilder::spans() const {
  std::vector<SpanRecord> kept;
  for (std::size_t span = 0; span < spans_.size(); ++span) {
    if (!lost_[span]) kept.push_back(spans_[span]);
  }
  return kept;
}

}  // namespace msdemo::test
