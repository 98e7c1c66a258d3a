#include "commands/learners_lab.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "commands/service_call.hpp"
#include "commands/service_faults.hpp"
#include "messaging/connect.hpp"
#include "timeline/span_reading.hpp"
#include "trace/traceparent.hpp"

namespace msdemo::commands {

namespace {

constexpr std::size_t kTracesChecked = 200;

tl::unexpected<Error> not_understood(std::string_view what) {
  return fail(Code::invalid_reply, fmt::format("nobody understands how the lab told its {}", what));
}

Result<std::vector<Sample>> scrape(const lab::Replica& replica) {
  if (auto there = lab::check_admin(replica); !there) return fail(std::move(there.error()));
  http::Client admin(replica.admin_url);
  const auto answer = call(admin, {.target = "/metrics"});
  if (!answer) return fail(answer.error());
  return parse_metrics(answer->body);
}

/// Whether its root may have placed an order: by this program, or by a curl.
bool may_place(const Json& listed) {
  const std::string name = listed.value("name", "");
  return name == "order create" || name == "POST /orders";
}

}  // namespace

Result<Policy> LearnersLab::policy(const std::string& service) {
  const auto replica = first_replica(service);
  if (!replica) return fail(replica.error());
  return ServicePolicy(lab_, *replica).get();
}

Result<std::vector<faults::Fault>> LearnersLab::faults(const std::string& service) {
  const auto replica = first_replica(service);
  if (!replica) return fail(replica.error());
  return ServiceFaults(lab_, *replica).list();
}

/// The exercises are made for labs with one process of each service.
Result<lab::Replica> LearnersLab::first_replica(const std::string& service) const {
  auto replicas = lab_.replicas(service);
  if (!replicas) return fail(std::move(replicas.error()));
  return std::move(replicas->front());
}

Result<std::vector<Sample>> LearnersLab::metrics(const std::string& service) {
  const auto replica = first_replica(service);
  if (!replica) return fail(replica.error());
  return scrape(*replica);
}

Result<std::vector<std::vector<Sample>>> LearnersLab::metrics_of_all(const std::string& service) {
  const auto replicas = lab_.replicas(service);
  if (!replicas) return fail(replicas.error());
  std::vector<std::vector<Sample>> all;
  for (const lab::Replica& replica : *replicas) {
    auto samples = scrape(replica);
    if (!samples) return fail(samples.error());
    all.push_back(std::move(*samples));
  }
  return all;
}

Result<Json> LearnersLab::get(const std::string& service, const std::string& target) {
  const auto urls = lab_.urls(service);
  if (!urls) return fail(urls.error());
  http::Client client(*urls);
  return ask(client,
             {.target = target, .headers = {{"traceparent", trace::unsampled_traceparent(rng_)}}});
}

Result<std::vector<Json>> LearnersLab::orders() {
  std::vector<Json> all;
  for (std::int64_t after = 0;;) {
    const auto page =
        get("order", fmt::format("/orders?limit={}&after={}", limits::kPageMax, after));
    if (!page) return fail(page.error());
    try {
      for (const Json& order : page->at("orders")) all.push_back(order);
      if (page->at("next").is_null()) return all;
      after = page->at("next").get<std::int64_t>();
    } catch (const Json::exception&) {
      return not_understood("orders");
    }
  }
}

Result<std::size_t> LearnersLab::receipts(std::int64_t order_id) {
  const auto page = get("notify", fmt::format("/receipts?order_id={}", order_id));
  if (!page) return fail(page.error());
  const auto list = page->find("receipts");
  if (list == page->end()) return not_understood("receipts");
  return list->size();
}

Result<std::unique_ptr<messaging::QueueInspector>> LearnersLab::inspector() {
  const auto url = lab_.broker_url();
  if (!url) return fail(url.error());
  return messaging::inspect({.url = *url});
}

Result<std::vector<messaging::QueueState>> LearnersLab::queues() {
  const auto broker = inspector();
  if (!broker) return fail(broker.error());
  return (*broker)->queues();
}

Result<std::vector<messaging::DeadLetter>> LearnersLab::dead_letters() {
  const auto broker = inspector();
  if (!broker) return fail(broker.error());
  return (*broker)->dead_letters("", static_cast<std::size_t>(limits::kPageDefault), 0);
}

Result<std::vector<Trace>> LearnersLab::traces() {
  const auto listed = lab_.traces(static_cast<int>(limits::kTracesKept));
  if (!listed) return fail(listed.error());
  std::vector<Trace> all;
  for (const Json& each : *listed) {
    if (all.size() >= kTracesChecked) break;
    if (!may_place(each)) continue;
    auto spans = lab_.spans(each.value("trace_id", ""), 0, std::chrono::milliseconds(0));
    if (!spans) return fail(spans.error());
    all.push_back(std::move(*spans));
  }
  return all;
}

const trace::SpanRecord* find_span(const Trace& spans, std::string_view service,
                                   std::string_view name) {
  const auto found = std::ranges::find_if(spans, [&](const trace::SpanRecord& span) {
    return span.service == service && span.name == name;
  });
  return found == spans.end() ? nullptr : &*found;
}

const trace::SpanRecord* placing_span(const Trace& spans) {
  return find_span(spans, "order", "POST /orders");
}

std::int64_t status_of(const trace::SpanRecord& span) {
  return timeline::integer_of(span, "http.response.status_code").value_or(0);
}

double milliseconds_of(const trace::SpanRecord& span) {
  constexpr double kNanoseconds = 1e6;
  return static_cast<double>(span.end_unix_nano - span.start_unix_nano) / kNanoseconds;
}

std::string setting(const Policy& policy, std::string_view key) {
  const auto found = std::ranges::find(policy.settings, key, &PolicySetting::key);
  return found == policy.settings.end() ? std::string() : found->value;
}

}  // namespace msdemo::commands
