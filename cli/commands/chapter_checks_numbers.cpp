// The exercises that end with a number measured by the learner: chapters 7 and 10.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "commands/chapter_checks.hpp"

namespace msdemo::commands {

namespace {

using std::chrono::system_clock;

/// When each order was created, earliest first; orders write milliseconds.
std::vector<system_clock::time_point> creation_times(const std::vector<Json>& orders) {
  std::vector<system_clock::time_point> times;
  for (const Json& order : orders) {
    std::string text = order.value("created_at", "");
    if (text.ends_with('Z')) text.insert(text.size() - 1, "000");
    if (const auto time = parse_rfc3339_us(text)) times.push_back(*time);
  }
  std::ranges::sort(times);
  return times;
}

/// The mean of an odd number's middle is enough for a judgement; there must be one.
double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// How long callers waited for the newest orders of a style, in milliseconds.
std::vector<double> waits(const std::vector<Trace>& traces, std::int64_t status, std::size_t most) {
  std::vector<double> all;
  for (const Trace& spans : traces) {
    const auto* placed = placing_span(spans);
    if (placed == nullptr || status_of(*placed) != status || all.size() >= most) continue;
    const auto* root = find_span(spans, "client", "POST /orders");
    all.push_back(milliseconds_of(root == nullptr ? *placed : *root));
  }
  return all;
}

Result<Finding> judge_latency(LearnersLab& lab) {
  const auto faults = lab.faults("user");
  if (!faults) return fail(faults.error());
  const auto slow = std::ranges::find_if(*faults, [](const faults::Fault& fault) {
    return fault.spec.kind == "latency" && fault.hits > 0;
  });
  if (slow != faults->end()) {
    return right(fmt::format("the user service takes {} longer", slow->spec.value));
  }
  return wrong(
      "the user service has no latency that anything met",
      "`msdemo fault add user latency=100ms`, with the time of your own system; then orders");
}

}  // namespace

Findings check_measuring(LearnersLab& lab) {
  constexpr std::size_t kWanted = 1000;
  constexpr std::chrono::seconds kWindow{5};
  constexpr double kTolerance = 0.1;
  const auto orders = lab.orders();
  if (!orders) return fail(orders.error());
  const auto times = creation_times(*orders);
  if (times.size() < kWanted) {
    return std::vector{unknown(
        fmt::format("{} orders were placed: too few to tell", times.size()),
        "`msdemo order create --user 1 --item book --rate 200 --count 1000`, and higher rates")};
  }
  const auto first = std::ranges::lower_bound(times, times.back() - kWindow);
  const double rate = static_cast<double>(times.end() - first) / kWindow.count();
  Finding answer =
      judge_answer(lab, "orders a second in the last five seconds", rate, rate * kTolerance);
  if (answer.state == Finding::State::wrong) {
    answer.hint =
        "go back to the rate that was kept up with, and place orders for five seconds: "
        "--rate RATE --count five times as many";
  }
  return std::vector{right(fmt::format("{} orders were placed", times.size())), std::move(answer)};
}

Findings check_choosing(LearnersLab& lab) {
  constexpr std::size_t kWanted = 5;
  constexpr double kTolerance = 0.3;
  auto latency = judge_latency(lab);
  if (!latency) return fail(latency.error());
  std::vector<Finding> findings{std::move(*latency)};
  const auto traces = lab.traces();
  if (!traces) return fail(traces.error());
  const std::vector<double> call = waits(*traces, 201, kWanted);
  const std::vector<double> message = waits(*traces, 202, kWanted);
  const std::string text =
      fmt::format("orders by call: {}, by message: {}",
                  call.size() < kWanted ? std::to_string(call.size()) : "enough",
                  message.size() < kWanted ? std::to_string(message.size()) : "enough");
  const bool enough = call.size() >= kWanted && message.size() >= kWanted;
  findings.push_back(enough ? right(text)
                            : wrong(text, "five of each: `msdemo compare` places both"));
  if (!enough) return findings;
  const double times = median(call) / median(message);
  Finding answer =
      judge_answer(lab, "how many times sooner the caller is free", times, times * kTolerance);
  if (answer.state == Finding::State::wrong) {
    answer.hint = "response time, median: that of a call divided by that of a message";
  }
  findings.push_back(std::move(answer));
  return findings;
}

}  // namespace msdemo::commands
