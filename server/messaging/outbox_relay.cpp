// Async: server/order/store.cpp -> [server/messaging/outbox_relay.cpp] -> server/user/worker.cpp
#include "messaging/outbox_relay.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>

#include "messaging/background.hpp"
#include "resilience/backoff.hpp"

namespace msdemo::messaging {

OutboxRelay::OutboxRelay(Outbox& outbox, Broker& broker, const trace::Tracer& tracer,
                         const Clock& clock, Rng& rng, faults::Faults& faults)
    : outbox_(outbox),
      broker_(broker),
      tracer_(tracer),
      clock_(clock),
      rng_(rng),
      faults_(faults),
      thread_([this] { run(); }) {}

OutboxRelay::~OutboxRelay() {
  stop_.stop();
  outbox_.interrupt();
  thread_.join();
}

void OutboxRelay::run() {
  yield_to_requests();
  const auto leadership = outbox_.lead();
  int failures = 0;
  while (!stop_.stopped()) {
    if (!leadership->held()) {
      outbox_.wait();
      continue;
    }
    const Result<std::size_t> published = publish_oldest();
    if (published) {
      if (failures > 0) spdlog::info("the outbox is being published again");
      failures = 0;
      if (*published == 0) outbox_.wait();
      continue;
    }
    if (++failures == 1) spdlog::warn("the outbox waits: {}", published.error().message);
    stop_.wait(resilience::full_jitter(failures, rng_));
  }
}

Result<std::size_t> OutboxRelay::publish_oldest() {
  const auto entries = outbox_.oldest();
  if (!entries) return fail(entries.error());
  if (entries->empty()) return std::size_t{0};
  std::vector<Message> batch;
  batch.reserve(entries->size());
  for (const Outbox::Entry& entry : *entries) batch.push_back(entry.message);

  faults_.reach("before-publish");
  if (auto published = broker_.publish(batch); !published) return fail(published.error());
  faults_.reach("after-publish");
  record_spans(*entries);
  if (auto removed = outbox_.remove(*entries); !removed) return fail(removed.error());
  return entries->size();
}

void OutboxRelay::record_spans(const std::vector<Outbox::Entry>& entries) const {
  const std::int64_t now = unix_nano(clock_.system_now());
  for (const Outbox::Entry& entry : entries) {
    if (!entry.span.sampled) continue;
    tracer_.record({.trace_id = entry.span.trace_id,
                    .span_id = entry.span.span_id,
                    .parent_span_id = entry.parent_span,
                    .service = {},
                    .name = fmt::format("publish {}", entry.message.topic),
                    .kind = trace::SpanKind::producer,
                    .start_unix_nano = entry.created_unix_nano,
                    .end_unix_nano = now,
                    .status_message = {},
                    .attributes = {{"messaging.destination.name", entry.message.topic},
                                   {"messaging.batch.message_count",
                                    static_cast<std::int64_t>(entries.size())}},
                    .events = {}});
  }
}

}  // namespace msdemo::messaging
