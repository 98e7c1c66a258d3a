// RabbitMQ as a broker under test: the server of MSDEMO_TEST_RABBITMQ, behind a wire that can be
// cut.
#pragma once

#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/url.hpp"
#include "contract/broker_engines.hpp"
#include "contract/engine_url.hpp"
#include "messaging/connect.hpp"
#include "messaging/rabbitmq_topology.hpp"
#include "support/must.hpp"
#include "support/tcp_proxy.hpp"

namespace msdemo::test {

inline std::optional<std::string> rabbitmq_url() {
  return engine_url("MSDEMO_TEST_RABBITMQ");
}

/// Everything under a prefix of its own, which is deleted at the end.
class RabbitmqUnderTest final : public BrokerUnderTest {
 public:
  explicit RabbitmqUnderTest(std::int64_t topic_messages = kTopicMessages,
                             int max_attempts = kMaxAttempts)
      : server_(must(parse_url(rabbitmq_url().value()))), proxy_(server_.port.value_or(5672)) {
    static std::atomic<int> count = 0;
    prefix_ = "test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    // Whatever a run that was killed has left behind.
    remove();
    options_ = {.url = url(proxy_.port()),
                .topic_messages = topic_messages,
                .max_attempts = max_attempts,
                .lease = std::chrono::seconds(1),
                .groups = groups()};
    broker_ = must(messaging::connect(options_));
    inspector_ = must(messaging::inspect(options_));
  }
  ~RabbitmqUnderTest() override {
    proxy_.cut();
    broker_.reset();
    remove();
  }

  messaging::Broker& broker() override { return *broker_; }
  messaging::QueueInspector* inspector() override { return inspector_.get(); }

  /// RabbitMQ has no leases but a connection's life.
  void let_leases_end() override { proxy_.cut(); }

  /// All that a client of a durable broker notices of it; the server is not this test's to kill.
  void restart() override { proxy_.cut(); }

  bool leases_end_by_time() const override { return false; }
  bool attempts_begin_with_receive() const override { return false; }
  bool late_groups_get_history() const override { return false; }
  bool bounds_topics_exactly() const override { return false; }
  bool shows_messages() const override { return false; }

  TcpProxy& proxy() { return proxy_; }
  const messaging::BrokerOptions& options() const { return options_; }

  /// Past the wire, to look at what is there whatever happened to it.
  messaging::BrokerOptions direct_options() const {
    messaging::BrokerOptions direct = options_;
    direct.url = url(server_.port.value_or(5672));
    return direct;
  }

 private:
  static std::vector<std::string> groups() {
    return {"one",    "two",  "workers", "readers", "others", "undertaker",
            "source", "late", "early",   "notify",  "first",  "second"};
  }

  std::string url(int port) const {
    return "amqp://" + server_.user + ":" + server_.password +
           "@127.0.0.1:" + std::to_string(port) + "/" + server_.path + "?prefix=" + prefix_;
  }

  void remove() const {
    must(messaging::remove_from_rabbitmq(url(server_.port.value_or(5672)), groups()));
  }

  const Url server_;
  TcpProxy proxy_;
  std::string prefix_;
  messaging::BrokerOptions options_;
  std::unique_ptr<messaging::Broker> broker_;
  std::unique_ptr<messaging::QueueInspector> inspector_;
};

}  // namespace msdemo::test
