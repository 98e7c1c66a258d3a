// Publishes what the outbox holds, in its order, and takes out what the broker has confirmed.
#pragma once

#include <thread>
#include <vector>

#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "faults/faults.hpp"
#include "messaging/broker.hpp"
#include "messaging/outbox.hpp"
#include "trace/tracer.hpp"

namespace msdemo::messaging {

/// Owns one thread, from construction to destruction. While the broker cannot be reached it tries
/// again with full jitter; entries stay where they are. After a crash between the broker's
/// confirmation and the removal, entries are published twice: consumers de-duplicate.
///
/// Of several relays on one outbox, in as many processes, the one that leads publishes. When its
/// process dies or loses the database, another takes over; until it has noticed, both may publish
/// the same entries, each in their order: twice again, but none before one that it follows.
class OutboxRelay {
 public:
  /// All must outlive the relay.
  OutboxRelay(Outbox& outbox, Broker& broker, const trace::Tracer& tracer, const Clock& clock,
              Rng& rng, faults::Faults& faults);
  OutboxRelay(const OutboxRelay&) = delete;
  OutboxRelay& operator=(const OutboxRelay&) = delete;
  ~OutboxRelay();

 private:
  void run();
  Result<std::size_t> publish_oldest();
  void record_spans(const std::vector<Outbox::Entry>& entries) const;

  Outbox& outbox_;
  Broker& broker_;
  const trace::Tracer& tracer_;
  const Clock& clock_;
  Rng& rng_;
  faults::Faults& faults_;
  StopSignal stop_;
  std::thread thread_;
};

}  // namespace msdemo::messaging
