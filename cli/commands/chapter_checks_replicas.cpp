// The exercise about several processes of one service: chapter 9.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/limits.hpp"
#include "commands/chapter_checks.hpp"

namespace msdemo::commands {

namespace {

constexpr auto kConnections = static_cast<std::ptrdiff_t>(limits::kDatabaseConnections);
/// It also listens to the other order services, and holds the right to publish.
constexpr std::ptrdiff_t kConnectionsOfOrder = kConnections + 1;

/// The orders that one process of the order service answered since its start.
struct Answered {
  double well = 0;
  double badly = 0;  ///< so that the order service is to blame, or whom it asked
};

Answered answered_orders(const std::vector<Sample>& samples) {
  Answered answered;
  for (const Sample& sample : samples) {
    if (!sample.name.ends_with("request_duration_seconds_count")) continue;
    if (sample.label("method") != "POST" || sample.label("route") != "/orders") continue;
    if (sample.label("status").starts_with('2')) answered.well += sample.value;
    if (sample.label("status").starts_with('5')) answered.badly += sample.value;
  }
  return answered;
}

Finding judge_processes(std::ptrdiff_t order_services) {
  const std::string text =
      fmt::format("{} order services share a database and a broker", order_services);
  if (order_services > 1) return right(text);
  return wrong("there is one order service",
               "`msdemo down`, and then `msdemo up -d --db … --broker … --replicas order=2`");
}

Finding judge_restarts(const std::vector<lab::ServiceStatus>& services) {
  std::ptrdiff_t all = 0;
  std::ptrdiff_t restarted = 0;
  for (const lab::ServiceStatus& service : services) {
    if (service.service != "order") continue;
    ++all;
    if (service.restarts > 0) ++restarted;
  }
  if (restarted == all) return right("each of them was started again");
  return wrong(fmt::format("{} of {} order services were started again", restarted, all),
               "`msdemo restart order`, while orders are placed");
}

Finding judge_service(const std::vector<std::vector<Sample>>& metrics) {
  constexpr double kLeast = 50;
  double fewest = std::numeric_limits<double>::infinity();
  double badly = 0;
  for (const auto& samples : metrics) {
    const Answered answered = answered_orders(samples);
    fewest = std::min(fewest, answered.well);
    badly += answered.badly;
  }
  if (badly > 0) {
    return wrong(fmt::format("{:.0f} orders were refused since", badly),
                 "`msdemo why` with the trace of one of them; then restart and try again");
  }
  if (fewest >= kLeast) {
    return right(fmt::format(
        "each of them has placed {:.0f} orders and more since, and refused none", fewest));
  }
  return wrong(
      fmt::format("one of them has placed {:.0f} orders since", fewest),
      "place orders for longer than the restarts take: `msdemo order create --user 1 --item "
      "book --rate 50 --count 1000`, and `msdemo restart order` meanwhile");
}

Finding judge_orders(const std::vector<Json>& orders) {
  const auto open = std::ranges::count_if(
      orders, [](const Json& order) { return order.value("status", "") == "pending"; });
  const std::string text = fmt::format("{} orders, of which {} are pending", orders.size(), open);
  return open == 0 ? right(text)
                   : wrong(text, "`msdemo queue list` shows where they wait; `msdemo ps` for whom");
}

}  // namespace

Findings check_replicas(LearnersLab& lab) {
  const auto services = lab.services();
  if (!services) return fail(services.error());
  const auto metrics = lab.metrics_of_all("order");
  if (!metrics) return fail(metrics.error());
  const auto orders = lab.orders();
  if (!orders) return fail(orders.error());
  const auto order_services = std::ranges::count(*services, "order", &lab::ServiceStatus::service);
  std::vector<Finding> findings{judge_processes(order_services)};
  if (order_services < 2) return findings;
  findings.push_back(judge_restarts(*services));
  findings.push_back(judge_service(*metrics));
  findings.push_back(judge_orders(*orders));
  const auto others = static_cast<std::ptrdiff_t>(services->size()) - order_services;
  const auto connections = order_services * kConnectionsOfOrder + others * kConnections;
  Finding answer = judge_answer(lab, "the connections to the database that this lab may open",
                                static_cast<double>(connections), 0);
  if (answer.state == Finding::State::wrong) {
    answer.hint =
        "`msdemo ps` counts the processes; multiply, and do not forget the listening ones";
  }
  findings.push_back(std::move(answer));
  return findings;
}

}  // namespace msdemo::commands
