#include "messaging/consumer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "contracts/messages.hpp"
#include "messaging/background.hpp"
#include "messaging/planted_bugs.hpp"
#include "resilience/backoff.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::messaging {

namespace {

/// The broker may start a moment after its consumers; that is not worth a word.
constexpr int kFailuresToTell = 5;

/// The span `queue <topic>` of one message and group. Every delivery of it, in whichever process,
/// must come to the same id without telling the others: it is the publisher's, mixed with the group
/// (FNV-1a).
trace::SpanContext queue_context(const trace::SpanContext& publisher, std::string_view group) {
  constexpr std::uint64_t kPrime = 1099511628211U;
  trace::SpanContext queue = publisher;
  std::uint64_t& id = queue.span_id.value;
  for (const char letter : group) id = (id ^ static_cast<unsigned char>(letter)) * kPrime;
  if (!queue.span_id.valid()) id = 1;
  return queue;
}

}  // namespace

ConsumerLoop::ConsumerLoop(Broker& broker, ConsumerOptions options, Handler handler,
                           const trace::Tracer& tracer, const Clock& clock, Rng& rng,
                           faults::Faults& faults)
    : broker_(broker),
      options_(std::move(options)),
      handler_(std::move(handler)),
      tracer_(tracer),
      clock_(clock),
      rng_(rng),
      faults_(faults) {
  faults_.add_topics(options_.topics);
  for (int i = 0; i < options_.consumers; ++i) consumers_.push_back(std::make_unique<Consumer>());
  for (auto& consumer : consumers_) {
    consumer->thread = std::thread([this, &consumer] { run(*consumer); });
  }
  keeper_ = std::thread([this] { keep_leases(); });
}

ConsumerLoop::~ConsumerLoop() {
  stop_.stop();
  for (auto& consumer : consumers_) {
    const std::lock_guard lock(consumer->mutex);
    if (consumer->subscription) consumer->subscription->interrupt();
  }
  for (auto& consumer : consumers_) consumer->thread.join();
  keeper_.join();
}

void ConsumerLoop::run(Consumer& consumer) {
  yield_to_requests();
  BatchSize size;
  int failures = 0;
  while (!stop_.stopped()) {
    const auto done = take_and_process(consumer, size);
    if (done) {
      if (failures >= kFailuresToTell) {
        spdlog::info("group {} receives messages again", options_.group);
      }
      failures = 0;
    } else if (!stop_.stopped()) {
      if (++failures == kFailuresToTell) {
        spdlog::warn("group {} receives no messages: {}", options_.group, done.error().message);
      }
      stop_.wait(resilience::full_jitter(failures, rng_));
    }
  }
}

Result<std::shared_ptr<Subscription>> ConsumerLoop::subscribed(Consumer& consumer) {
  if (!consumer.subscription) {
    auto made = broker_.subscribe(options_.group, options_.topics);
    if (!made) return fail(std::move(made.error()));
    const std::lock_guard lock(consumer.mutex);
    consumer.subscription = std::move(*made);
  }
  return consumer.subscription;
}

Result<void> ConsumerLoop::take_and_process(Consumer& consumer, BatchSize& size) {
  const auto subscription = subscribed(consumer);
  if (!subscription) return fail(subscription.error());
  if (stop_.stopped()) return {};
  const auto deliveries = (*subscription)->receive(size.next(), limits::kReceiveWait);
  if (!deliveries) return fail(deliveries.error());
  if (deliveries->empty()) return {};
  if (const auto again = std::ranges::count_if(
          *deliveries, [](const Delivery& delivery) { return delivery.attempt > 1; })) {
    spdlog::info("group {}: messages that come again: {}", options_.group, again);
  }
  {
    const std::lock_guard lock(consumer.mutex);
    consumer.in_flight = *deliveries;
  }
  const SteadyTime began = clock_.steady_now();
  process(**subscription, *deliveries);
  size.took(deliveries->size(), clock_.steady_now() - began);
  const std::lock_guard lock(consumer.mutex);
  consumer.in_flight.clear();
  return {};
}

void ConsumerLoop::process(Subscription& subscription, std::span<const Delivery> deliveries) {
  std::vector<Received> batch;
  batch.reserve(deliveries.size());
  const auto handle_batch = [&] {
    if (!batch.empty()) handle(subscription, batch);
    batch.clear();
  };
  for (const Delivery& delivery : deliveries) {
    auto received = open(delivery);
    if (!received) {
      bury(subscription, delivery, received.error().message);
      continue;
    }
    const bool alone = received->span.recording();
    if (alone) handle_batch();
    const faults::Effect effect = faults_.meet_message(delivery.message.topic);
    for (const auto& [name, rule] : effect.decisions) received->span.decide(name, rule);
    if (effect.wait.count() > 0 && !stop_.wait(effect.wait)) {
      received->span.fail("given back: the service stops");
      return give_back(subscription, deliveries);  // what is settled is so already
    }
    if (effect.outcome != faults::Outcome::untouched) {
      const bool dead = effect.outcome == faults::Outcome::dead;
      settle_failed(subscription, *received,
                    {dead ? Code::invalid_message : Code::overloaded, effect.rule});
      continue;
    }
    batch.push_back(std::move(*received));
    if (alone) handle_batch();
  }
  handle_batch();
}

Result<Received> ConsumerLoop::open(const Delivery& delivery) const {
  const Message& message = delivery.message;
  if (message.body.size() > limits::kMessageBytes) {
    return fail(Code::invalid_message, fmt::format("the message has {} bytes, the limit is {}",
                                                   message.body.size(), limits::kMessageBytes));
  }
  auto event = parse_event(message.body);
  if (!event) return fail(std::move(event.error()));
  auto remote = trace::parse_traceparent(event->traceparent);
  if (remote) remote = queue_context(*remote, options_.group);
  trace::Span span = tracer_.start(
      remote && !remote->sampled ? std::string() : fmt::format("process {}", message.topic),
      trace::SpanKind::consumer, remote);
  if (span.recording()) {
    span.set("messaging.destination.name", message.topic);
    span.set("messaging.consumer.group.name", options_.group);
    span.set("messaging.message.id", event->id);
    span.set("messaging.delivery.attempt", std::int64_t{delivery.attempt});
  }
  return Received{delivery, std::move(*event), unix_nano(clock_.system_now()), std::move(span)};
}

Result<void> ConsumerLoop::call_handler(std::span<const Received> batch) const {
  try {
    return handler_(batch);
  } catch (const std::exception& error) {
    return fail(Code::internal, error.what());
  }
}

void ConsumerLoop::handle(Subscription& subscription, std::span<Received> batch) {
  if (planted("ack-first")) settle_done(subscription, batch);
  faults_.reach("after-receive");
  const auto done = call_handler(batch);
  if (done) {
    faults_.reach("before-ack");
    settle_done(subscription, batch);
  } else if (batch.size() == 1) {
    settle_failed(subscription, batch.front(), done.error());
  } else {
    for (Received& received : batch) handle(subscription, std::span(&received, 1));
  }
}

void ConsumerLoop::settle_done(Subscription& subscription, std::span<Received> batch) {
  std::vector<Delivery> deliveries;
  deliveries.reserve(batch.size());
  for (Received& received : batch) {
    received.span.end();
    deliveries.push_back(received.delivery);
  }
  const auto acked = subscription.ack(deliveries);
  if (!acked) {
    spdlog::warn("{} messages are done, but not all acked, and may come again: {}", batch.size(),
                 acked.error().message);
    return;
  }
  for (const Received& received : batch) {
    if (!received.span.context().sampled) continue;
    spdlog::info("{} done for {}, attempt {}, trace={}", received.delivery.message.topic,
                 escape_control(received.event.correlation_id), received.delivery.attempt,
                 received.span.context().trace_id.hex());
    record_queue_span(received, {});
  }
}

void ConsumerLoop::settle_failed(Subscription& subscription, Received& received,
                                 const Error& error) {
  const Delivery& delivery = received.delivery;
  const bool hopeless = error.code == Code::invalid_message;
  if (hopeless || delivery.attempt >= limits::kMaxAttempts) {
    received.span.fail(error.message);
    received.span.end();
    bury(subscription, delivery, error.message);
    record_queue_span(received, "dead letter: " + error.message);
    return;
  }
  const auto delay = resilience::full_jitter(delivery.attempt, rng_);
  const auto delay_ms = std::chrono::ceil<std::chrono::milliseconds>(delay);
  received.span.fail(fmt::format("{}; again in {} ms", error.message, delay_ms.count()));
  received.span.end();
  spdlog::warn("{} failed, attempt {} of {}: {}", delivery.message.topic, delivery.attempt,
               limits::kMaxAttempts, error.message);
  if (const auto later = subscription.retry_later(delivery, delay_ms); !later) {
    spdlog::warn("it comes again when its lease ends: {}", later.error().message);
  }
}

void ConsumerLoop::bury(Subscription& subscription, const Delivery& delivery,
                        const std::string& reason) {
  if (delivery.message.topic.ends_with(contracts::topics::kDeadSuffix)) {
    // Only a copy; the dead letter itself is kept already.
    spdlog::warn("{}: message {} is skipped: {}", delivery.message.topic, delivery.id,
                 escape_control(reason));
    static_cast<void>(subscription.ack(std::span(&delivery, 1)));
    return;
  }
  spdlog::warn("{}: message {} becomes a dead letter: {}", delivery.message.topic, delivery.id,
               escape_control(reason));
  if (const auto buried = subscription.dead_letter(delivery, reason); !buried) {
    spdlog::warn("it could not be buried and comes again: {}", buried.error().message);
  }
}

void ConsumerLoop::give_back(Subscription& subscription, std::span<const Delivery> deliveries) {
  for (const Delivery& delivery : deliveries) {
    const auto given = subscription.retry_later(delivery, std::chrono::milliseconds(0));
    if (!given && given.error().code != Code::stale_lease) return;
  }
}

void ConsumerLoop::record_queue_span(const Received& received, const std::string& failure) const {
  const auto publisher = trace::parse_traceparent(received.event.traceparent);
  if (!publisher || !publisher->sampled) return;
  const Delivery& delivery = received.delivery;
  tracer_.record({.trace_id = publisher->trace_id,
                  .span_id = queue_context(*publisher, options_.group).span_id,
                  .parent_span_id = publisher->span_id,
                  .service = "broker",
                  .name = fmt::format("queue {}", delivery.message.topic),
                  .start_unix_nano = delivery.published_unix_nano,
                  .end_unix_nano = unix_nano(clock_.system_now()),
                  .status = failure.empty() ? trace::SpanStatus::unset : trace::SpanStatus::error,
                  .status_message = failure,
                  .attributes = {{"messaging.destination.name", delivery.message.topic},
                                 {"messaging.consumer.group.name", options_.group},
                                 {"messaging.message.id", received.event.id}},
                  .events = {{.name = "delivered",
                              .time_unix_nano = received.delivered_unix_nano,
                              .attributes = {{"attempt", std::int64_t{delivery.attempt}}}}}});
}

void ConsumerLoop::keep_leases() {
  while (stop_.wait(limits::kLease / 3)) {
    for (auto& consumer : consumers_) {
      std::shared_ptr<Subscription> subscription;
      std::vector<Delivery> in_flight;
      {
        const std::lock_guard lock(consumer->mutex);
        subscription = consumer->subscription;
        in_flight = consumer->in_flight;
      }
      if (in_flight.empty()) continue;
      const auto extended = subscription->extend(in_flight);
      if (!extended && extended.error().code != Code::stale_lease) {
        spdlog::warn("leases could not be extended: {}", extended.error().message);
      }
    }
  }
}

}  // namespace msdemo::messaging
