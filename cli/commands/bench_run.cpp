#include "commands/bench_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/limits.hpp"
#include "commands/bench_environment.hpp"

namespace msdemo::commands {

namespace {

using load::Run;

/// The usual rate of the pairs: little enough for both styles on a small machine, and enough for a
/// p99 of all runs together.
constexpr double kUsualRate = 400;

/// The share of what the slower style can do that the pairs ask for at most.
constexpr double kComfortable = 0.5;

constexpr std::size_t kSweepRates = 6;
constexpr double kSweepFactor = 2;    ///< from one rate to the next
constexpr double kSweepBeyond = 1.4;  ///< the highest, in terms of what the faster style can do

constexpr std::chrono::milliseconds kCalibration{250};

/// A run of a sweep whose work goes on for so long afterwards is the last of its style.
constexpr std::chrono::seconds kFarBehind{2};

/// 1, 2 or 3 digits of it, so that people can repeat it: 1,234 is 1,200.
double rounded_down(double rate) {
  const double step = std::pow(10.0, std::floor(std::log10(rate)) - 1);
  return std::max(1.0, std::floor(rate / step) * step);
}

std::string request_of(const Endpoint& endpoint) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}:{}\r\n\r\n", endpoint.target, endpoint.host,
                     endpoint.port);
}

struct Histograms {
  load::Histogram latency{};
  load::Histogram uncorrected{};
  load::Histogram completion{};

  void merge(const Histograms& other) {
    latency.merge(other.latency);
    uncorrected.merge(other.uncorrected);
    completion.merge(other.completion);
  }
};

class BenchRun {
 public:
  BenchRun(const BenchPlan& plan, BenchShop* shop, const BenchObserver& observer)
      : plan_(plan), shop_(shop), observer_(observer) {
    bench_.settings = plan.settings;
    runs_ = plan.repetitions * plan.settings.styles.size();
  }

  Result<load::Bench> run() {
    describe();
    const ProcessorTime began = ProcessorTime::now();
    auto ran = run_all();
    if (!ran && bench_.pairs.empty()) return fail(std::move(ran.error()));
    if (!ran) bench_.partial_because = ran.error().message;
    for (const std::string& style : plan_.settings.styles) {
      const Histograms& all = together_[style];
      bench_.together.push_back({.style = style,
                                 .latency = load::latencies_of(all.latency),
                                 .latency_uncorrected = load::latencies_of(all.uncorrected),
                                 .completion = load::latencies_of(all.completion)});
    }
    bench_.environment.steal_share = steal_share(began, ProcessorTime::now());
    return std::move(bench_);
  }

 private:
  void describe() {
    bench_.environment = describe_environment();
    if (shop_ != nullptr) {
      bench_.environment.durability = shop_->durability();
      bench_.environment.fsync_p50_us = measure_fsync_us(shop_->folder());
      return;
    }
    const std::string& host = plan_.url->host;
    bench_.environment.colocated =
        host == "localhost" || host == "[::1]" || host.rfind("127.", 0) == 0;
  }

  /// Ends early, without an error, once the bench is partial.
  Result<void> run_all() {
    rates_ = plan_.sweep;
    if (needs_calibration()) {
      if (auto calibrated = calibrate(); !calibrated) return calibrated;
    }
    if (plan_.sweeps) runs_ += rates_.size() * plan_.settings.styles.size();
    for (std::size_t i = 0; i < plan_.repetitions; ++i) {
      if (auto ran = run_styles(bench_.settings.rate_per_s, plan_.settings.duration, bench_.pairs);
          !ran || partial()) {
        return ran;
      }
    }
    if (!plan_.sweeps) return {};
    behind_ = {};
    for (const double rate : rates_) {
      if (auto ran = run_styles(rate, plan_.settings.duration / 2, bench_.sweep);
          !ran || partial()) {
        return ran;
      }
    }
    return {};
  }

  bool partial() const { return !bench_.partial_because.empty(); }

  bool needs_calibration() const {
    const bool no_rate = !plan_.closed() && plan_.settings.rate_per_s <= 0;
    return no_rate || (plan_.sweeps && plan_.sweep.empty());
  }

  /// How much each style can do, roughly, decides which rates are worth a look.
  Result<void> calibrate() {
    double slowest = limits::kBenchRate;
    done_per_s_ = limits::kBenchRate;
    double fastest = 0;
    for (const std::string& style : plan_.settings.styles) {
      const auto run = measure(style, 0, kCalibration);
      if (!run) return fail(run.error());
      if (partial()) return fail(Code::lab_failed, bench_.partial_because);
      if (run->succeeded == 0) {
        return fail(Code::unreachable,
                    fmt::format("not one of {} requests succeeded; most ended as {}", run->started,
                                run->failures.empty() ? "unknown" : run->failures.front().name),
                    shop_ == nullptr ? "try the address with curl" : "`msdemo ps` tells more");
      }
      slowest = std::min({slowest, run->achieved_per_s, done_per_s_});
      fastest = std::max(fastest, run->achieved_per_s);
    }
    double& rate = bench_.settings.rate_per_s;
    if (!plan_.closed() && rate <= 0) {
      rate = std::min(kUsualRate, rounded_down(slowest * kComfortable));
    }
    if (!plan_.sweep.empty()) return {};
    double highest = std::min(fastest * kSweepBeyond, limits::kBenchRate);
    for (std::size_t i = 0; i < kSweepRates; ++i, highest /= kSweepFactor) {
      rates_.insert(rates_.begin(), rounded_down(highest));
    }
    return {};
  }

  Result<void> run_styles(double rate, std::chrono::milliseconds duration, std::vector<Run>& runs) {
    for (const std::string& style : plan_.settings.styles) {
      observer_.progress(bench_.pairs.size() + bench_.sweep.size(), runs_);
      // More than it can do was asked of it already; more still would only take longer to end.
      if (style == "async" && &runs == &bench_.sweep && behind_ > kFarBehind) continue;
      auto run = measure(style, rate, duration);
      if (!run) return fail(std::move(run.error()));
      runs.push_back(std::move(*run));
      if (&runs == &bench_.pairs) together_[style].merge(last_);
      if (partial()) return {};
    }
    return {};
  }

  load::Plan plan_of(const std::string& style, double rate, std::chrono::milliseconds duration) {
    load::Plan plan{.request = shop_ != nullptr ? shop_->request(style) : request_of(*plan_.url),
                    .loop = rate > 0 ? load::Loop::open : load::Loop::closed,
                    .arrivals = plan_.settings.arrivals == "poisson" ? load::Arrivals::poisson
                                                                     : load::Arrivals::constant,
                    .rate_per_s = rate,
                    .connections = plan_.settings.connections,
                    .warmup = plan_.settings.warmup,
                    .duration = duration,
                    .backlog = limits::kBenchBacklog,
                    .seed = plan_.settings.seed + bench_.pairs.size() + bench_.sweep.size()};
    if (shop_ != nullptr) {
      plan.spread_over(shop_->urls());
    } else {
      plan.host = plan_.url->host;
      plan.port = plan_.url->port;
    }
    return plan;
  }

  /// One run, and for orders by message all that follows from them. Says so if nothing may come
  /// after it.
  Result<Run> measure(const std::string& style, double rate, std::chrono::milliseconds duration) {
    const bool by_message = style == "async";
    const double fsync_us = shop_ == nullptr ? 0 : measure_fsync_us(shop_->folder());
    if (by_message) {
      if (auto begun = shop_->begin_run(); !begun) return fail(std::move(begun.error()));
    }
    load::Listeners listeners{.ended = {}, .second = {}, .interrupted = observer_.interrupted};
    if (by_message) listeners.ended = [this](const load::Ended& ended) { shop_->note(ended); };
    auto outcome = load::run_load(plan_of(style, rate, duration), listeners);
    if (!outcome) {
      const bool lab = shop_ != nullptr;
      outcome.error().hint = lab ? "`msdemo ps` tells how the services are"
                                 : fmt::format("does it run? try: curl -v {}", plan_.url->display);
      return fail(std::move(outcome.error()));
    }
    last_ = {
        .latency = outcome->latency, .uncorrected = outcome->latency_uncorrected, .completion = {}};
    Run run = run_of(style, *outcome);
    run.fsync_p50_us = fsync_us;
    if (run.interrupted) bench_.partial_because = load::kInterrupted;
    if (run.server_died) bench_.partial_because = "the server accepted no connections any more";
    if (by_message) complete(run);
    return run;
  }

  void complete(Run& run) {
    const Completion completion = shop_->await_completion(observer_.interrupted);
    last_.completion = completion.latency;
    run.completion = load::latencies_of(completion.latency);
    run.completed = completion.completed;
    done_per_s_ = completion.per_s;
    behind_ = completion.behind;
    if (completion.drained || partial()) return;
    bench_.partial_because =
        observer_.interrupted()
            ? std::string(load::kInterrupted)
            : fmt::format("the work behind the orders by message was not done after {} s",
                          limits::kBenchCompletion.count());
  }

  const BenchPlan& plan_;
  BenchShop* shop_;
  const BenchObserver& observer_;
  std::vector<double> rates_;          ///< of the sweep
  std::size_t runs_ = 0;               ///< that are planned
  double done_per_s_ = 0;              ///< by the last run of orders by message
  std::chrono::nanoseconds behind_{};  ///< the same: how long their work took after the run
  Histograms last_;                    ///< of the last run
  std::map<std::string, Histograms> together_;  ///< of all pairs, by style
  load::Bench bench_;
};

}  // namespace

Result<load::Bench> run_bench(const BenchPlan& plan, BenchShop* shop,
                              const BenchObserver& observer) {
  return BenchRun(plan, shop, observer).run();
}

}  // namespace msdemo::commands
