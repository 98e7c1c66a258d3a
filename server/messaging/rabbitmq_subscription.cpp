#include "messaging/rabbitmq_subscription.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <future>

#include "base/limits.hpp"
#include "messaging/background.hpp"
#include "messaging/stale_lease.hpp"

namespace msdemo::messaging {

using std::chrono::milliseconds;

Result<std::unique_ptr<Subscription>> RabbitmqSubscription::open(
    const RabbitmqSettings& settings, const std::string& group,
    std::span<const std::string> topics) {
  std::unique_ptr<RabbitmqSubscription> made(new RabbitmqSubscription(settings, group, topics));
  auto session = RabbitmqSession::open(settings, made->group_, made->topics_);
  if (!session) return fail(session.error());
  made->session_ = std::move(*session);
  made->thread_ = std::thread([subscription = made.get()] { subscription->run(); });
  return made;
}

RabbitmqSubscription::RabbitmqSubscription(const RabbitmqSettings& settings,
                                           const std::string& group,
                                           std::span<const std::string> topics)
    : settings_(settings),
      group_(group),
      topics_(topics.begin(), topics.end()),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

RabbitmqSubscription::~RabbitmqSubscription() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake();
    thread_.join();
  }
  ::close(wake_fd_);
}

// ---- those who ask

Result<std::vector<Delivery>> RabbitmqSubscription::receive(std::size_t max, milliseconds wait) {
  const SteadyTime now = real_clock().steady_now();
  const bool took_long = given_ && now - *given_ > limits::kBatchTarget;
  std::optional<Result<std::vector<Delivery>>> received;
  if (!interrupted_) {
    std::unique_lock lock(mutex_);
    wanted_ = {std::clamp<std::size_t>(max, 1, limits::kBatchMessages), took_long};
    wake();
    answered_.wait_until(lock, now + wait, [&] { return answer_ || interrupted_; });
    wanted_.reset();
    received = std::exchange(answer_, std::nullopt);
  }
  if (received) {
    given_ = real_clock().steady_now();
    return std::move(*received);
  }
  if (interrupted_) {
    // Only when it is certain that nothing more comes to us do others get what does.
    std::promise<void> stopped;
    post([&](RabbitmqSession* session) {
      if (session != nullptr) static_cast<void>(session->stop());
      stopped.set_value();
    });
    stopped.get_future().wait();
  }
  return std::vector<Delivery>();
}

void RabbitmqSubscription::interrupt() {
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
  }
  answered_.notify_all();
}

Result<void> RabbitmqSubscription::extend(std::span<const Delivery> deliveries) {
  return settle(deliveries,
                [&](const RabbitmqSession& session) { return session.extend(deliveries); });
}

Result<void> RabbitmqSubscription::ack(std::span<const Delivery> deliveries) {
  return settle(deliveries, [&](RabbitmqSession& session) { return session.ack(deliveries); });
}

Result<void> RabbitmqSubscription::retry_later(const Delivery& delivery, milliseconds delay) {
  return settle({&delivery, 1},
                [&](RabbitmqSession& session) { return session.retry_later(delivery, delay); });
}

Result<void> RabbitmqSubscription::dead_letter(const Delivery& delivery,
                                               const std::string& reason) {
  return settle({&delivery, 1},
                [&](RabbitmqSession& session) { return session.dead_letter(delivery, reason); });
}

/// Without a connection there are no leases.
Result<void> RabbitmqSubscription::settle(
    std::span<const Delivery> deliveries,
    const std::function<Result<void>(RabbitmqSession&)>& how) {
  if (deliveries.empty()) return {};
  std::promise<Result<void>> done;
  post([&](RabbitmqSession* session) {
    if (session != nullptr) return done.set_value(how(*session));
    StaleLeases stale;
    for (const Delivery& delivery : deliveries) stale.add(delivery);
    done.set_value(stale.result());
  });
  return done.get_future().get();
}

void RabbitmqSubscription::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake();
}

void RabbitmqSubscription::wake() const {
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then the thread is awake.
  static_cast<void>(!::write(wake_fd_, &one, sizeof(one)));
}

// ---- the thread

void RabbitmqSubscription::run() {
  yield_to_requests();
  for (;;) {
    std::deque<Task> tasks;
    std::optional<Wanted> wanted;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
      wanted = wanted_;
      if (ending_ && tasks.empty()) break;
    }
    for (const Task& task : tasks) {
      task(session_.get());
      if (session_ && session_->broken()) session_.reset();
    }
    if (auto done = serve(wanted); !done) {
      lost(done.error());
    } else {
      wait();
    }
  }
  if (session_) static_cast<void>(session_->stop());
  session_.reset();
}

/// One round: takes in what there is, and answers receive() if it can.
Result<void> RabbitmqSubscription::serve(std::optional<Wanted> wanted) {
  if (!session_) {
    if (!wanted) return {};
    auto session = RabbitmqSession::open(settings_, group_, topics_);
    if (!session) {
      fail_receive(session.error());
      return {};
    }
    session_ = std::move(*session);
  }
  if (auto done = session_->run(); !done) return done;
  if (!wanted || give()) return {};
  if (auto done = session_->want(wanted->max, wanted->took_long); !done) return done;
  give();
  return {};
}

/// What has come goes to receive(), unless it has gone away meanwhile: then it waits for the next.
bool RabbitmqSubscription::give() {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return true;
    auto deliveries = session_->take(wanted_->max);
    if (deliveries.empty()) return false;
    wanted_.reset();
    answer_ = std::move(deliveries);
  }
  answered_.notify_all();
  return true;
}

/// The connection is gone. Whoever waits in receive() gets another one, but only once.
void RabbitmqSubscription::lost(const Error& error) {
  spdlog::debug("group {} lost its connection: {}", group_, error.message);
  session_.reset();
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_ || !std::exchange(wanted_->reconnected, true)) return;
  }
  fail_receive(error);
}

void RabbitmqSubscription::fail_receive(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return;
    wanted_.reset();
    answer_ = fail(error);
  }
  answered_.notify_all();
}

void RabbitmqSubscription::wait() const {
  constexpr int kForever = -1;
  int timeout = kForever;
  if (session_) {
    const auto left = session_->next_due() - real_clock().steady_now();
    timeout = std::max(0, static_cast<int>(std::chrono::ceil<milliseconds>(left).count()));
  }
  std::array<pollfd, 2> waits = {pollfd{wake_fd_, POLLIN, 0},
                                 pollfd{session_ ? session_->descriptor() : -1, POLLIN, 0}};
  ::poll(waits.data(), waits.size(), timeout);
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_fd_, &count, sizeof(count)));
}

}  // namespace msdemo::messaging
