// The `broker` service as a broker under test.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "broker/routes.hpp"
#include "contract/broker_engines.hpp"
#include "http/server.hpp"
#include "messaging/embedded_broker.hpp"
#include "support/manual_clock.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::test {

/// The `broker` service, behind a real server in this process.
class EmbeddedUnderTest final : public BrokerUnderTest {
 public:
  EmbeddedUnderTest() {
    run();
    broker_.emplace(server_->url());
  }
  ~EmbeddedUnderTest() override { end(); }

  messaging::Broker& broker() override { return *broker_; }
  messaging::QueueInspector* inspector() override { return &*broker_; }

  void let_leases_end() override {
    clock_.advance(limits::kLease);
    static_cast<void>(store_->sweep());
  }

  void restart() override {
    const int port = server_->port();
    end();
    run(port);
  }

  /// The broker starts anew with nothing, as after `up --fresh`.
  void restart_empty() {
    const int port = server_->port();
    end();
    for (const char* name : {"broker.db", "broker.db-wal", "broker.db-shm"}) {
      std::filesystem::remove(folder_.path() / name);
    }
    run(port);
  }

 private:
  void run(int port = 0) {
    database_ = must(storage::open_sqlite(folder_.path() / "broker.db", storage::Durability::normal,
                                          broker::migrations()));
    store_ = must(broker::BrokerStore::open(
        *database_, clock_,
        {.topic_messages = kTopicMessages, .topic_retained = 50, .max_attempts = kMaxAttempts}));
    service_ = std::make_unique<broker::BrokerService>(*store_, clock_);
    server_ = must(http::Server::start({.port = port, .body_bytes = limits::kBrokerBodyBytes},
                                       broker::routes(*service_, *store_), nullptr, nullptr));
  }

  void end() {
    service_->stop();
    server_->stop();
    server_.reset();
    service_.reset();
    store_.reset();
    database_.reset();
  }

  TempDir folder_;
  ManualClock clock_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<broker::BrokerStore> store_;
  std::unique_ptr<broker::BrokerService> service_;
  std::unique_ptr<http::Server> server_;
  std::optional<messaging::EmbeddedBroker> broker_;
};

}  // namespace msdemo::test
