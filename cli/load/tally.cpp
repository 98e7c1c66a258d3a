#include "load/tally.hpp"

#include <algorithm>
#include <cmath>

namespace msdemo::load {

namespace {

using std::chrono::seconds;

/// The smallest of the sorted `values` that `share` of them do not exceed.
std::optional<double> quantile(const std::vector<double>& values, double share) {
  if (values.empty()) return std::nullopt;
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Tally::confirmed(std::size_t k, std::chrono::nanoseconds latency) {
  good_[k] = true;
  latencies_.push_back(std::chrono::duration<double, std::milli>(latency).count());
}

void Tally::failed(std::string_view name, bool definite) {
  const std::string key(name);
  ++failures_[key];
  Count& all = all_failures_[key];
  ++all.count;
  all.definite = definite;
}

Second Tally::take_second() {
  const auto starts_before = [&](std::size_t second) {
    return std::min(good_.size(), pacer_.starts_within(seconds(second)));
  };
  Second taken{.number = ++seconds_};
  taken.started = starts_before(seconds_) - starts_before(seconds_ - 1);
  taken.confirmed = latencies_.size();
  std::sort(latencies_.begin(), latencies_.end());
  taken.p50_ms = quantile(latencies_, 0.5);
  taken.p99_ms = quantile(latencies_, 0.99);
  latencies_.clear();
  std::size_t most = 0;
  for (const auto& [name, count] : failures_) {
    taken.failed += count;
    if (count > most) taken.most_frequent = name;
    most = std::max(most, count);
  }
  failures_.clear();
  return taken;
}

Summary Tally::summary() const {
  Summary all{.orders = good_.size()};
  all.confirmed = static_cast<std::size_t>(std::count(good_.begin(), good_.end(), true));
  all.failed = all.orders - all.confirmed;
  all.goodput_percent = percent(all.confirmed, all.orders);
  std::size_t last = 0;
  std::size_t last_confirmed = 0;
  const auto end = pacer_.start(good_.size());
  for (std::size_t k = 0; k < good_.size(); ++k) {
    if (end - pacer_.start(k) > kLastSeconds) continue;
    ++last;
    last_confirmed += good_[k] ? 1 : 0;
  }
  all.goodput_last_5s_percent = percent(last_confirmed, last);
  for (const auto& [name, failure] : all_failures_) {
    all.failures.push_back({name, failure.count, failure.definite});
  }
  std::stable_sort(all.failures.begin(), all.failures.end(),
                   [](const Failures& a, const Failures& b) { return a.count > b.count; });
  return all;
}

}  // namespace msdemo::load
