#include "run_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace msdemo {

namespace {

using messaging::QueueState;

/// Of every topic's groups; what an engine cannot tell counts as nothing.
double sum(broker::BrokerService& service, std::optional<std::int64_t> (*part)(const QueueState&)) {
  const auto queues = service.queues();
  if (!queues) return 0;
  double total = 0;
  for (const QueueState& queue : *queues) total += static_cast<double>(part(queue).value_or(0));
  return total;
}

double oldest_age_s(broker::BrokerService& service) {
  const auto queues = service.queues();
  if (!queues) return 0;
  std::int64_t oldest_ms = 0;
  for (const QueueState& queue : *queues) {
    oldest_ms = std::max(oldest_ms, queue.oldest_age_ms.value_or(0));
  }
  return static_cast<double>(oldest_ms) / 1000;
}

}  // namespace

void add_message_metrics(metrics::Registry& metrics, const messaging::BrokerWatch& watch) {
  using Watch = messaging::BrokerWatch;
  const auto count = [&](const char* name, const char* help, std::uint64_t (Watch::*of)() const) {
    metrics.counter(name, help, [&watch, of] { return static_cast<double>((watch.*of)()); });
  };
  metrics.gauge("msdemo_broker_reachable", "1 if the last call reached the broker, else 0",
                [&watch] { return watch.trouble() ? 0.0 : 1.0; });
  count("msdemo_broker_calls_failed_total", "Calls that did not reach the broker",
        &Watch::failures);
  count("msdemo_messages_published_total", "Messages that the broker has confirmed",
        &Watch::published);
  count("msdemo_messages_received_total", "Deliveries to this process", &Watch::deliveries);
  count("msdemo_messages_redelivered_total", "Deliveries after a message's first",
        &Watch::redeliveries);
  count("msdemo_message_batches_total", "Batches in which deliveries came", &Watch::batches);
}

void add_outbox_metrics(metrics::Registry& metrics, messaging::Outbox& outbox) {
  metrics.gauge("msdemo_outbox_messages", "Messages that the broker does not have yet",
                [&outbox] { return static_cast<double>(outbox.count().value_or(0)); });
  metrics.gauge("msdemo_outbox_oldest_age_seconds", "How long the first of those waits already",
                [&outbox] {
                  const auto age = outbox.oldest_age().value_or(std::chrono::nanoseconds(0));
                  return std::chrono::duration<double>(age).count();
                });
}

void add_queue_metrics(metrics::Registry& metrics, broker::BrokerService& service) {
  const auto gauge = [&](const char* state,
                         std::optional<std::int64_t> (*part)(const QueueState&)) {
    metrics.gauge("msdemo_queue_messages", "Messages that a group has not settled, by state",
                  [&service, part] { return sum(service, part); }, {{"state", state}});
  };
  gauge("ready", [](const QueueState& queue) { return std::optional<std::int64_t>(queue.ready); });
  gauge("in_flight",
        [](const QueueState& queue) { return std::optional<std::int64_t>(queue.in_flight); });
  gauge("dead", [](const QueueState& queue) { return std::optional<std::int64_t>(queue.dead); });
  metrics.gauge("msdemo_queue_oldest_age_seconds", "How long the oldest of those is there",
                [&service] { return oldest_age_s(service); });
}

void add_pool_metrics(metrics::Registry& metrics, const storage::Database& database) {
  if (!database.pool()) return;
  const auto use = [&database](auto storage::PoolUse::*member) {
    return [&database, member] { return static_cast<double>((*database.pool()).*member); };
  };
  metrics.gauge("msdemo_database_connections_in_use", "Connections to the database at work",
                use(&storage::PoolUse::in_use));
  metrics.gauge("msdemo_database_connections_waiting", "Callers that wait for one",
                use(&storage::PoolUse::waiting));
}

}  // namespace msdemo
