// The broker that comes with msdemo: the `broker` service, spoken to over HTTP. For one machine.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "http/client.hpp"
#include "messaging/broker.hpp"
#include "messaging/queue_inspector.hpp"

namespace msdemo::messaging {

/// Its HTTP interface is docs/reference/openapi/broker.yaml. Nothing is connected before the first
/// call.
class EmbeddedBroker final : public Broker, public QueueInspector {
 public:
  /// `url` is the broker service's, `http://host:port`. No call but those of a subscription takes
  /// longer than `patience`.
  explicit EmbeddedBroker(const std::string& url,
                          std::chrono::milliseconds patience = limits::kBrokerCall)
      : client_(url, "broker"), patience_(patience) {}

  Result<void> publish(std::span<const Message> batch) override;
  Result<std::unique_ptr<Subscription>> subscribe(const std::string& group,
                                                  std::span<const std::string> topics) override;

  Result<std::vector<QueueState>> queues() override;
  Result<std::vector<PeekedMessage>> peek(const std::string& topic, std::size_t limit) override;
  Result<std::vector<DeadLetter>> dead_letters(const std::string& topic, std::size_t limit,
                                               std::int64_t after) override;
  Result<DeadLetter> dead_letter(std::int64_t id) override;
  Result<void> redrive(std::int64_t id) override;

 private:
  http::Client client_;
  const std::chrono::milliseconds patience_;
};

}  // namespace msdemo::messaging
