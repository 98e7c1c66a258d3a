// The services in this process, with real sockets, databases, calls and messages between them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/rng.hpp"
#include "base/stop_signal.hpp"
#include "broker/routes.hpp"
#include "broker/service.hpp"
#include "broker/store.hpp"
#include "faults/faults.hpp"
#include "http/faulty_routes.hpp"
#include "http/protected_client.hpp"
#include "http/server.hpp"
#include "messaging/consumer.hpp"
#include "messaging/embedded_broker.hpp"
#include "messaging/outbox_relay.hpp"
#include "notify/routes.hpp"
#include "notify/worker.hpp"
#include "order/routes.hpp"
#include "order/worker.hpp"
#include "resilience/policies.hpp"
#include "storage/database.hpp"
#include "support/must.hpp"
#include "support/recording_sink.hpp"
#include "support/temp_dir.hpp"
#include "trace/tracer.hpp"
#include "user/routes.hpp"
#include "user/worker.hpp"

namespace msdemo::test {

/// What traces in a process.
struct Host {
  explicit Host(const std::string& name, trace::SpanSink& sink)
      : recorder(sink), tracer(name, recorder, sampler, real_clock(), rng) {}

  trace::Recorder recorder;
  trace::Sampler sampler{real_clock(), trace::Sampler::Rule::always};
  Rng rng{random_seed()};
  trace::Tracer tracer;
};

/// A service process around its routes: a database of its own, spans, faults, a server.
class Service {
 public:
  Service(const std::string& name, trace::SpanSink& sink,
          std::span<const storage::Migration> migrations)
      : host(name, sink),
        database(must(storage::open_sqlite(dir_.path() / "test.db", storage::Durability::full,
                                           migrations, &faults))) {}

  void serve(const http::Router& routes) {
    server = must(http::Server::start({}, http::with_faults(routes, faults, draining), &host.tracer,
                                      nullptr));
  }

  /// Consumes with `worker` until stop_consuming().
  template <class Worker>
  void consume(const std::string& group, const std::string& broker_url, Worker& worker) {
    broker.emplace(broker_url);
    consumers.emplace(
        *broker, messaging::ConsumerOptions{.group = group, .topics = Worker::topics()},
        [&worker](auto batch) { return worker.handle(batch); }, host.tracer, real_clock(), host.rng,
        faults);
  }
  void stop_consuming() { consumers.reset(); }

  std::string url() const { return server->url(); }
  void flush() { host.recorder.flush(); }

 private:
  TempDir dir_;

 public:
  Host host;
  faults::Faults faults{real_clock(), host.rng};
  StopSignal draining;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<http::Server> server;
  std::optional<messaging::EmbeddedBroker> broker;
  std::optional<messaging::ConsumerLoop> consumers;
};

class BrokerService : public Service {
 public:
  explicit BrokerService(trace::SpanSink& sink)
      : Service("broker", sink, broker::migrations()),
        store_(must(broker::BrokerStore::open(*database, real_clock()))),
        service_(*store_, real_clock()) {
    server = must(http::Server::start(
        {.body_bytes = limits::kBrokerBodyBytes},
        http::with_faults(broker::routes(service_, *store_), faults, draining), nullptr, nullptr));
  }
  ~BrokerService() {
    service_.stop();
    server.reset();
  }

 private:
  std::unique_ptr<broker::BrokerStore> store_;
  broker::BrokerService service_;
};

class UserService : public Service {
 public:
  /// Without a `broker_url` it consumes nothing.
  explicit UserService(trace::SpanSink& sink, const std::string& broker_url = {})
      : Service("user", sink, user::migrations()), store_(*database) {
    serve(user::routes(store_));
    if (!broker_url.empty()) begin(broker_url);
  }
  ~UserService() {
    stop_consuming();
    server.reset();
  }

  void begin(const std::string& broker_url) {
    answers_.emplace(broker_url);
    worker_.emplace(store_, *answers_, real_clock());
    consume("user", broker_url, *worker_);
  }

 private:
  user::UserStore store_;
  std::optional<messaging::EmbeddedBroker> answers_;
  std::optional<user::UserWorker> worker_;
};

class OrderService : public Service {
 public:
  resilience::Policies policies{resilience::Role::caller};

  OrderService(trace::SpanSink& sink, const std::string& user_url,
               const std::string& broker_url = {})
      : Service("order", sink, order::migrations()),
        outbox_(*database, real_clock()),
        store_(*database, outbox_),
        users_({user_url}, "user", policies, real_clock(), host.rng),
        publisher_(broker_url),
        service_(store_, users_, publisher_, policies, waiters_, faults, real_clock(), host.rng),
        worker_(store_, waiters_, real_clock()) {
    serve(order::routes(service_, store_));
    if (broker_url.empty()) return;
    consume("order", broker_url, worker_);
    relay_.emplace(outbox_, *broker, host.tracer, real_clock(), host.rng, faults);
  }
  ~OrderService() {
    waiters_.close();
    relay_.reset();
    stop_consuming();
    server.reset();
  }

 private:
  messaging::Outbox outbox_;
  order::OrderStore store_;
  http::ProtectedClient users_;
  messaging::EmbeddedBroker publisher_;
  order::Waiters waiters_;
  order::OrderService service_;
  order::OrderWorker worker_;
  std::optional<messaging::OutboxRelay> relay_;
};

class NotifyService : public Service {
 public:
  NotifyService(trace::SpanSink& sink, const std::string& broker_url)
      : Service("notify", sink, notify::migrations()),
        store_(*database),
        worker_(store_, real_clock()) {
    serve(notify::routes(store_));
    consume("notify", broker_url, worker_);
  }
  ~NotifyService() {
    stop_consuming();
    server.reset();
  }

 private:
  notify::ReceiptStore store_;
  notify::NotifyWorker worker_;
};

}  // namespace msdemo::test
