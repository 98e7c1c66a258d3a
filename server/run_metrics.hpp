// What a service's messages measure, by the names of docs/reference/metrics.md.
#pragma once

#include "broker/service.hpp"
#include "messaging/outbox.hpp"
#include "messaging/watched_broker.hpp"
#include "metrics/metrics.hpp"
#include "storage/database.hpp"

namespace msdemo {

// What is measured must outlive the registry's last use.

/// What the calls to the broker came to.
void add_message_metrics(metrics::Registry& metrics, const messaging::BrokerWatch& watch);

/// What waits in the outbox, and for how long.
void add_outbox_metrics(metrics::Registry& metrics, messaging::Outbox& outbox);

/// How busy the connections to the database are, on an engine that has a pool of them.
void add_pool_metrics(metrics::Registry& metrics, const storage::Database& database);

/// What waits in msdemo's own broker, over all topics and groups. RabbitMQ and Kafka tell about
/// their queues themselves.
void add_queue_metrics(metrics::Registry& metrics, broker::BrokerService& service);

}  // namespace msdemo
