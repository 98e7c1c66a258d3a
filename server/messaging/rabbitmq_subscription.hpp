// A consumer of a group at RabbitMQ: a thread that owns its connection, and those who ask it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "messaging/broker.hpp"
#include "messaging/rabbitmq_session.hpp"

namespace msdemo::messaging {

/// Its thread waits for the connection and for requests at once, so that heartbeats go on while a
/// handler runs, and RabbitMQ cuts off a consumer that is paused. When the connection is lost, the
/// next receive() connects again.
class RabbitmqSubscription final : public Subscription {
 public:
  /// Connects and makes the group.
  static Result<std::unique_ptr<Subscription>> open(const RabbitmqSettings& settings,
                                                    const std::string& group,
                                                    std::span<const std::string> topics);
  RabbitmqSubscription(const RabbitmqSubscription&) = delete;
  RabbitmqSubscription& operator=(const RabbitmqSubscription&) = delete;
  ~RabbitmqSubscription() override;

  Result<std::vector<Delivery>> receive(std::size_t max, std::chrono::milliseconds wait) override;
  Result<void> extend(std::span<const Delivery> deliveries) override;
  Result<void> ack(std::span<const Delivery> deliveries) override;
  Result<void> retry_later(const Delivery& delivery, std::chrono::milliseconds delay) override;
  Result<void> dead_letter(const Delivery& delivery, const std::string& reason) override;
  void interrupt() override;

 private:
  struct Wanted {
    std::size_t max;
    bool took_long;            ///< the batch before
    bool reconnected = false;  ///< for this one; once is enough
  };
  using Task = std::function<void(RabbitmqSession*)>;

  RabbitmqSubscription(const RabbitmqSettings& settings, const std::string& group,
                       std::span<const std::string> topics);

  void wake() const;
  void post(Task task);
  Result<void> settle(std::span<const Delivery> deliveries,
                      const std::function<Result<void>(RabbitmqSession&)>& how);

  // On the thread.
  void run();
  Result<void> serve(std::optional<Wanted> wanted);
  void lost(const Error& error);
  bool give();
  void fail_receive(const Error& error);
  void wait() const;

  const RabbitmqSettings settings_;
  const std::string group_;
  const std::vector<std::string> topics_;
  const int wake_fd_;
  std::unique_ptr<RabbitmqSession> session_;  ///< the thread's, once it runs; null when lost
  std::optional<SteadyTime> given_{};         ///< when receive() gave its last batch; its caller's
  std::atomic<bool> interrupted_ = false;

  std::mutex mutex_;  ///< guards all below but the thread
  std::condition_variable answered_;
  bool ending_ = false;
  std::deque<Task> tasks_;
  std::optional<Wanted> wanted_;
  std::optional<Result<std::vector<Delivery>>> answer_;

  std::thread thread_;
};

}  // namespace msdemo::messaging
