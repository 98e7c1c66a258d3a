// What people can see of the queues at RabbitMQ without its management plugin: how much is ready,
// and the dead letters.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "messaging/queue_inspector.hpp"
#include "messaging/rabbitmq_session.hpp"

namespace msdemo::messaging {

/// Connects for each call. AMQP cannot list queues, so it looks for those of `groups` only.
/// Dead letters are read by taking them and giving them back: while somebody reads, others miss
/// some.
class RabbitmqInspector final : public QueueInspector {
 public:
  RabbitmqInspector(RabbitmqSettings settings, std::vector<std::string> groups)
      : settings_(std::move(settings)), groups_(std::move(groups)) {}

  /// One entry a queue, of all its topics; what AMQP does not tell is left open.
  Result<std::vector<QueueState>> queues() override;

  /// Fails with lab_failed: RabbitMQ shows no message without giving it out.
  Result<std::vector<PeekedMessage>> peek(const std::string& topic, std::size_t limit) override;

  Result<std::vector<DeadLetter>> dead_letters(const std::string& topic, std::size_t limit,
                                               std::int64_t after) override;
  Result<DeadLetter> dead_letter(std::int64_t id) override;
  Result<void> redrive(std::int64_t id) override;

 private:
  /// Takes a letter, as it is at RabbitMQ and as it is shown; false to see no more.
  using Visit = std::function<Result<bool>(RabbitmqConnection&, AmqpMessage&, const DeadLetter&)>;

  Result<std::unique_ptr<RabbitmqConnection>> connect() const;
  Result<void> visit_letters(const Visit& visit) const;
  Result<bool> visit_letters_of(const std::string& group, std::int64_t count,
                                const Visit& visit) const;

  const RabbitmqSettings settings_;
  const std::vector<std::string> groups_;
};

}  // namespace msdemo::messaging
