#include "commands/lab_watch.hpp"

#include <fmt/format.h>

#include "commands/metrics_text.hpp"
#include "contracts/problem.hpp"
#include "lab/service_names.hpp"
#include "messaging/connect.hpp"

namespace msdemo::commands {

using lab::ServiceState;

LabWatch::LabWatch(lab::Lab lab, const Clock& clock) : lab_(std::move(lab)), clock_(clock) {}

Result<WatchFrame> LabWatch::next() {
  const auto services = lab_.services();
  if (!services) return fail(services.error());
  WatchFrame frame;
  // An external broker is none of the services, and can only be asked.
  bool broker_answers = true;
  for (const lab::ServiceStatus& status : *services) {
    frame.services.push_back(watch(status, name_among(*services, status)));
    if (status.service == "broker") broker_answers = frame.services.back().rates.has_value();
  }
  if (broker_answers) frame.queues = queues();
  const SteadyTime now = clock_.steady_now();
  frame.at = clock_.system_now();
  frame.took = std::chrono::round<std::chrono::milliseconds>(now - last_at_.value_or(now));
  last_at_ = now;
  return frame;
}

WatchedService LabWatch::watch(const lab::ServiceStatus& status, const std::string& name) {
  WatchedService watched{.service = name, .group = status.service, .state = status.state};
  if (status.state != ServiceState::ready || !status.admin_url) {
    watched.problem = to_string(status.state);
    if (status.state == ServiceState::ready) watched.problem += ": started by --cmd, no metrics";
    return watched;
  }
  Known& known = services_[name];
  if (!known.admin) known.admin = std::make_unique<http::Client>(*status.admin_url, status.service);
  auto reading = scrape(*known.admin);
  if (!reading) {
    watched.problem = fmt::format("does not tell how it is: {}", reading.error().message);
    return watched;
  }
  if (known.last) {
    watched.rates = rates_between(*known.last, *reading);
  } else {
    watched.problem = "ready: its rates follow";
  }
  known.last = std::move(*reading);
  return watched;
}

Result<ServiceReading> LabWatch::scrape(http::Client& admin) const {
  const auto answer = admin.send({.target = "/metrics"}, kScrape);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) return fail(contracts::from_problem(answer->status, answer->body));
  const auto samples = parse_metrics(answer->body);
  if (!samples) return fail(samples.error());
  return read_service(*samples, clock_.steady_now());
}

std::optional<std::vector<messaging::QueueState>> LabWatch::queues() {
  if (!broker_) {
    const auto url = lab_.broker_url();
    if (!url) return std::nullopt;
    auto inspector = messaging::inspect({.url = *url, .call = kScrape});
    if (!inspector) return std::nullopt;
    broker_ = std::move(*inspector);
  }
  auto found = broker_->queues();
  if (!found) return std::nullopt;
  return std::move(*found);
}

}  // namespace msdemo::commands
