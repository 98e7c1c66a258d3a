// The message brokers that the broker contract is checked on. A broker joins with one entry; every
// test of the contract then runs on it too.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/routes.hpp"
#include "http/server.hpp"
#include "messaging/embedded_broker.hpp"
#include "support/manual_clock.hpp"
#include "support/must.hpp"
#include "support/temp_dir.hpp"

namespace msdemo::test {

/// A broker of a test's own, empty at first, and what only a test may do to it.
class BrokerUnderTest {
 public:
  /// A topic of it holds so many messages, and a consumer has so many attempts.
  static constexpr std::int64_t kTopicMessages = 500;
  static constexpr int kMaxAttempts = 3;

  virtual ~BrokerUnderTest() = default;

  virtual messaging::Broker& broker() = 0;

  /// Null if this broker cannot be looked into.
  virtual messaging::QueueInspector* inspector() = 0;

  /// All leases and delays that run now are over when it returns.
  virtual void let_leases_end() = 0;

  /// The broker starts anew with what it had stored. Subscriptions stay usable.
  virtual void restart() = 0;
};

struct BrokerEngine {
  std::string name;
  std::unique_ptr<BrokerUnderTest> (*start)();
};

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

inline const std::vector<BrokerEngine>& broker_engines() {
  static const std::vector<BrokerEngine> all = {
      {"embedded",
       []() -> std::unique_ptr<BrokerUnderTest> { return std::make_unique<EmbeddedUnderTest>(); }}};
  return all;
}

}  // namespace msdemo::test
