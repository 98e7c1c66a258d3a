#include "messaging/watched_broker.hpp"

namespace msdemo::messaging {

namespace {

bool never_arrived(Code code) {
  return code == Code::unreachable || code == Code::timeout || code == Code::connection_lost;
}

}  // namespace

std::optional<Error> BrokerWatch::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void BrokerWatch::note(const Error* error) {
  const bool troubled = error != nullptr && never_arrived(error->code);
  if (troubled) failures_.fetch_add(1, std::memory_order_relaxed);
  if (!troubled && !troubled_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  trouble_ = troubled ? std::optional(*error) : std::nullopt;
  troubled_.store(troubled, std::memory_order_relaxed);
}

class WatchedSubscription final : public Subscription {
 public:
  WatchedSubscription(std::unique_ptr<Subscription> subscription, BrokerWatch& watch)
      : subscription_(std::move(subscription)), watch_(watch) {}

  Result<std::vector<Delivery>> receive(std::size_t max, std::chrono::milliseconds wait) override {
    auto received = noted(subscription_->receive(max, wait));
    if (!received || received->empty()) return received;
    watch_.batches_.fetch_add(1, std::memory_order_relaxed);
    watch_.deliveries_.fetch_add(received->size(), std::memory_order_relaxed);
    for (const Delivery& delivery : *received) {
      if (delivery.attempt > 1) watch_.redeliveries_.fetch_add(1, std::memory_order_relaxed);
    }
    return received;
  }
  Result<void> extend(std::span<const Delivery> deliveries) override {
    return noted(subscription_->extend(deliveries));
  }
  Result<void> ack(std::span<const Delivery> deliveries) override {
    return noted(subscription_->ack(deliveries));
  }
  Result<void> retry_later(const Delivery& delivery, std::chrono::milliseconds delay) override {
    return noted(subscription_->retry_later(delivery, delay));
  }
  Result<void> dead_letter(const Delivery& delivery, const std::string& reason) override {
    return noted(subscription_->dead_letter(delivery, reason));
  }
  void interrupt() override { subscription_->interrupt(); }

 private:
  template <class Answer>
  Answer noted(Answer answer) {
    watch_.note(answer ? nullptr : &answer.error());
    return answer;
  }

  std::unique_ptr<Subscription> subscription_;
  BrokerWatch& watch_;
};

Result<void> WatchedBroker::publish(std::span<const Message> batch) {
  auto published = broker_->publish(batch);
  watch_.note(published ? nullptr : &published.error());
  if (published) watch_.published_.fetch_add(batch.size(), std::memory_order_relaxed);
  return published;
}

Result<std::unique_ptr<Subscription>> WatchedBroker::subscribe(
    const std::string& group, std::span<const std::string> topics) {
  auto subscription = broker_->subscribe(group, topics);
  watch_.note(subscription ? nullptr : &subscription.error());
  if (!subscription) return subscription;
  return std::make_unique<WatchedSubscription>(std::move(*subscription), watch_);
}

}  // namespace msdemo::messaging
