// Each service's parts, put together: what `run` needs to serve any of them in the same way.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "broker/routes.hpp"
#include "broker/service.hpp"
#include "broker/store.hpp"
#include "faults/faults.hpp"
#include "http/protected_client.hpp"
#include "messaging/broker.hpp"
#include "messaging/consumer.hpp"
#include "messaging/outbox_relay.hpp"
#include "messaging/watched_broker.hpp"
#include "metrics/metrics.hpp"
#include "notify/routes.hpp"
#include "notify/worker.hpp"
#include "order/routes.hpp"
#include "order/worker.hpp"
#include "resilience/policies.hpp"
#include "run.hpp"
#include "run_metrics.hpp"
#include "user/routes.hpp"
#include "user/worker.hpp"

namespace msdemo {

/// What every service has around its own parts.
struct Host {
  const ServeSettings& settings;
  storage::Database& database;
  const trace::Tracer& tracer;
  metrics::Registry& metrics;
  Rng& rng;
  faults::Faults& faults;
  resilience::Policies& policies;
};

/// A service's broker, and the consumers that hand its messages to the service's worker.
class Messages {
 public:
  Messages(const Host& host, std::unique_ptr<messaging::Broker> broker)
      : host_(host), broker_(std::move(broker)) {
    add_message_metrics(host.metrics, broker_.watch());
  }

  messaging::Broker& broker() { return broker_; }
  std::optional<Error> trouble() const { return broker_.watch().trouble(); }

  template <class Worker>
  void begin(Worker& worker) {
    messaging::ConsumerOptions options{.group = host_.settings.service,
                                       .topics = Worker::topics(),
                                       .consumers = host_.settings.consumers};
    consumers_.emplace(
        broker_, std::move(options), [&worker](auto batch) { return worker.handle(batch); },
        host_.tracer, real_clock(), host_.rng, host_.faults);
  }
  void end() { consumers_.reset(); }

 private:
  const Host& host_;
  messaging::WatchedBroker broker_;
  std::optional<messaging::ConsumerLoop> consumers_;
};

// Each service's parts, in the order they need each other. begin() is called once the service
// answers; end() when it is about to stop, so that nothing that waits in here holds it up.

using Calls = std::vector<http::ProtectedClient*>;

struct UserParts {
  static constexpr auto kRole = resilience::Role::callee;
  UserParts(const Host& host, std::unique_ptr<messaging::Broker> broker)
      : store(host.database),
        messages(host, std::move(broker)),
        worker(store, messages.broker(), real_clock()) {}

  static auto migrations() { return user::migrations(); }
  std::optional<Error> broker_trouble() const { return messages.trouble(); }
  http::Router routes() { return user::routes(store); }
  Calls calls() { return {}; }
  void begin() { messages.begin(worker); }
  void end() { messages.end(); }

  user::UserStore store;
  Messages messages;
  user::UserWorker worker;
};

struct OrderParts {
  static constexpr auto kRole = resilience::Role::caller;

  OrderParts(const Host& of, std::unique_ptr<messaging::Broker> broker)
      : host(of),
        outbox(host.database, real_clock()),
        store(host.database, outbox),
        users(host.settings.user_urls, "user", host.policies, real_clock(), host.rng),
        messages(host, std::move(broker)),
        service(store, users, messages.broker(), host.policies, waiters, host.faults, real_clock(),
                host.rng),
        worker(store, waiters, real_clock()) {
    add_outbox_metrics(host.metrics, outbox);
  }

  static auto migrations() { return order::migrations(); }
  std::optional<Error> broker_trouble() const { return messages.trouble(); }
  http::Router routes() { return order::routes(service, store); }
  Calls calls() { return {&users}; }
  void begin() {
    relay.emplace(outbox, messages.broker(), host.tracer, real_clock(), host.rng, host.faults);
    messages.begin(worker);
  }
  void end() {
    waiters.close();
    messages.end();
    relay.reset();
  }

  const Host& host;
  messaging::Outbox outbox;
  order::OrderStore store;
  http::ProtectedClient users;
  order::Waiters waiters;
  Messages messages;
  order::OrderService service;
  order::OrderWorker worker;
  std::optional<messaging::OutboxRelay> relay{};
};

struct BrokerParts {
  static constexpr auto kRole = resilience::Role::callee;

  BrokerParts(const Host& host, std::unique_ptr<broker::BrokerStore> opened)
      : store(std::move(opened)), service(*store, real_clock()) {
    add_queue_metrics(host.metrics, service);
  }

  static auto migrations() { return broker::migrations(); }
  std::optional<Error> broker_trouble() const { return std::nullopt; }
  http::Router routes() { return broker::routes(service, *store); }
  Calls calls() { return {}; }
  void begin() {}
  void end() { service.stop(); }

  std::unique_ptr<broker::BrokerStore> store;
  broker::BrokerService service;
};

struct NotifyParts {
  static constexpr auto kRole = resilience::Role::callee;

  NotifyParts(const Host& host, std::unique_ptr<messaging::Broker> broker)
      : store(host.database), messages(host, std::move(broker)), worker(store, real_clock()) {}

  static auto migrations() { return notify::migrations(); }
  std::optional<Error> broker_trouble() const { return messages.trouble(); }
  http::Router routes() { return notify::routes(store); }
  Calls calls() { return {}; }
  void begin() { messages.begin(worker); }
  void end() { messages.end(); }

  notify::ReceiptStore store;
  Messages messages;
  notify::NotifyWorker worker;
};

}  // namespace msdemo
