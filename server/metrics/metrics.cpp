#include "metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace msdemo::metrics {

namespace {

const prometheus::Histogram::BucketBoundaries kSecondsBuckets = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

/// One histogram per status, made when the status is first seen.
class RouteTimer final : public RequestTimer {
 public:
  RouteTimer(prometheus::Family<prometheus::Histogram>& family, std::string method,
             std::string route)
      : family_(family), method_(std::move(method)), route_(std::move(route)) {}

  void observe(int status, std::chrono::nanoseconds duration) override {
    auto& slot = by_status_.at(static_cast<std::size_t>(status));
    prometheus::Histogram* histogram = slot.load(std::memory_order_acquire);
    if (histogram == nullptr) {
      // Adding the same labels twice gives the same histogram, so that a race is harmless.
      histogram =
          &family_.Add({{"method", method_}, {"route", route_}, {"status", std::to_string(status)}},
                       kSecondsBuckets);
      slot.store(histogram, std::memory_order_release);
    }
    histogram->Observe(std::chrono::duration<double>(duration).count());
  }

 private:
  static constexpr std::size_t kStatuses = 600;

  prometheus::Family<prometheus::Histogram>& family_;
  const std::string method_;
  const std::string route_;
  std::array<std::atomic<prometheus::Histogram*>, kStatuses> by_status_{};
};

}  // namespace

class Registry::State {
 public:
  State()
      : durations(prometheus::BuildHistogram()
                      .Name("http_server_request_duration_seconds")
                      .Help("Duration of handled requests, without waiting for the network")
                      .Register(registry)) {}

  struct ReadGauge {
    prometheus::Gauge* gauge;
    std::function<double()> read;
  };
  struct ReadCounter {
    prometheus::Counter* counter;
    std::function<double()> read;
  };

  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& durations;
  std::mutex mutex;  ///< guards what follows
  std::deque<RouteTimer> timers;
  std::vector<ReadGauge> gauges;
  std::vector<ReadCounter> counters;
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

RequestTimer& Registry::request_timer(const std::string& method, const std::string& route) {
  const std::lock_guard lock(state_->mutex);
  return state_->timers.emplace_back(state_->durations, method, route);
}

void Registry::gauge(const std::string& name, const std::string& help, std::function<double()> read,
                     const Labels& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
  const std::lock_guard lock(state_->mutex);
  state_->gauges.push_back({&family.Add(labels), std::move(read)});
}

void Registry::counter(const std::string& name, const std::string& help,
                       std::function<double()> read, const Labels& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
  const std::lock_guard lock(state_->mutex);
  state_->counters.push_back({&family.Add(labels), std::move(read)});
}

std::string Registry::expose() const {
  {
    const std::lock_guard lock(state_->mutex);
    for (const State::ReadGauge& each : state_->gauges) each.gauge->Set(each.read());
    for (const State::ReadCounter& each : state_->counters) {
      each.counter->Increment(each.read() - each.counter->Value());
    }
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace msdemo::metrics
