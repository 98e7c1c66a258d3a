// The consumer loop: takes messages for a group, has them handled, and settles each one.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "faults/faults.hpp"
#include "messaging/batch_size.hpp"
#include "messaging/broker.hpp"
#include "messaging/event.hpp"
#include "trace/tracer.hpp"

namespace msdemo::messaging {

/// A message as a handler sees it.
struct Received {
  Delivery delivery;
  Event event;
  std::int64_t delivered_unix_nano;  ///< when its turn came in this process
  trace::Span span;                  ///< `process <topic>`; what the handler does belongs below it
};

/// Acts on a batch of one message or more: when it returns without an error, all their effects are
/// durable, and those of a message that came before were left alone. An error means that nothing of
/// the batch was done; invalid_message says that trying again is useless. May block; its messages'
/// leases are extended meanwhile. Runs on several threads if there are several consumers.
using Handler = std::function<Result<void>(std::span<const Received>)>;

struct ConsumerOptions {
  std::string group;
  std::vector<std::string> topics;
  int consumers = 1;  ///< that compete within this process
};

/// Owns its threads, from construction to destruction: one for each consumer, and one that extends
/// leases. What cannot be understood becomes a dead letter with the reason. A failed batch is
/// handled again message by message; a message that fails alone is retried with full jitter, and
/// becomes a dead letter after limits::kMaxAttempts (a copy on a `.dead` topic is only skipped).
/// Messages of which spans are recorded are handled alone, so that their spans tell of them only.
///
/// At the ack it records the span `queue <topic>` on the broker's behalf, from publish to ack.
class ConsumerLoop {
 public:
  /// All must outlive the loop.
  ConsumerLoop(Broker& broker, ConsumerOptions options, Handler handler,
               const trace::Tracer& tracer, const Clock& clock, Rng& rng, faults::Faults& faults);
  ConsumerLoop(const ConsumerLoop&) = delete;
  ConsumerLoop& operator=(const ConsumerLoop&) = delete;

  /// Ends after the batch that is being handled; what was not begun goes back to the group.
  ~ConsumerLoop();

 private:
  struct Consumer {
    std::mutex mutex;  ///< guards both below
    std::shared_ptr<Subscription> subscription;
    std::vector<Delivery> in_flight;
    std::thread thread;
  };

  void run(Consumer& consumer);
  Result<void> take_and_process(Consumer& consumer, BatchSize& size);
  Result<std::shared_ptr<Subscription>> subscribed(Consumer& consumer);
  void process(Subscription& subscription, std::span<const Delivery> deliveries);
  Result<Received> open(const Delivery& delivery) const;
  void handle(Subscription& subscription, std::span<Received> batch);
  Result<void> call_handler(std::span<const Received> batch) const;
  void settle_done(Subscription& subscription, std::span<Received> batch);
  void settle_failed(Subscription& subscription, Received& received, const Error& error);
  void bury(Subscription& subscription, const Delivery& delivery, const std::string& reason);
  void give_back(Subscription& subscription, std::span<const Delivery> deliveries);
  void record_queue_span(const Received& received, const std::string& failure) const;
  void keep_leases();

  Broker& broker_;
  const ConsumerOptions options_;
  const Handler handler_;
  const trace::Tracer& tracer_;
  const Clock& clock_;
  Rng& rng_;
  faults::Faults& faults_;
  StopSignal stop_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::thread keeper_;
};

}  // namespace msdemo::messaging
