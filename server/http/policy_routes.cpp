#include "http/policy_routes.hpp"

#include <fmt/format.h>

#include "contracts/fields.hpp"

namespace msdemo::http {

namespace {

using Calls = std::vector<ProtectedClient*>;

Json to_json(const ProtectedClient& client) {
  const ProtectedClient::Stats stats = client.stats();
  return {{"peer", client.peer()},
          {"breaker", to_string(stats.breaker)},
          {"in_flight", stats.in_flight},
          {"calls", stats.calls},
          {"attempts", stats.attempts},
          {"failed_attempts", stats.failed_attempts},
          {"retries_refused", stats.retries_refused},
          {"rejected", stats.rejected}};
}

Response show(const resilience::Policies& policies, const Calls& calls,
              const std::vector<std::string>& warnings) {
  Json settings = Json::array();
  for (const resilience::Setting& setting : policies.settings()) {
    settings.push_back({{"key", setting.key},
                        {"value", setting.value},
                        {"naive", setting.naive},
                        {"standard", setting.standard},
                        {"meaning", setting.meaning}});
  }
  Json described = Json::array();
  for (const ProtectedClient* client : calls) described.push_back(to_json(*client));
  return json_response(200, {{"preset", policies.preset()},
                             {"settings", std::move(settings)},
                             {"warnings", warnings},
                             {"calls", std::move(described)}});
}

Result<Response> change(resilience::Policies& policies, const Calls& calls,
                        const Request& request) {
  const auto json = parse_json(request.body());
  if (!json) return fail(json.error());
  if (!json->is_object()) return contracts::invalid("body", "a JSON object of keys and values");
  resilience::Policies::Changes changes;
  for (const auto& [key, value] : json->items()) {
    if (!value.is_string()) return contracts::invalid(key, "a string, such as \"200ms\"");
    changes.emplace_back(key, value.get<std::string>());
  }
  const auto warnings = policies.change(changes);
  if (!warnings) return fail(warnings.error());
  return show(policies, calls, *warnings);
}

}  // namespace

void add_policy_routes(Router& router, resilience::Policies& policies, Calls calls) {
  router.add("GET", "/policy", [&policies, calls](const Request&) -> Result<Response> {
    return show(policies, calls, {});
  });
  router.add(
      "POST", "/policy",
      [&policies, calls](const Request& request) { return change(policies, calls, request); },
      Access::token);
}

void add_call_metrics(metrics::Registry& metrics, const ProtectedClient& calls) {
  using Stats = ProtectedClient::Stats;
  const metrics::Registry::Labels peer = {{"peer", calls.peer()}};
  const auto count = [&](const char* name, const char* help, std::int64_t Stats::*member) {
    metrics.counter(
        name, help, [&calls, member] { return static_cast<double>(calls.stats().*member); }, peer);
  };
  count("msdemo_calls_total", "Calls to another service", &Stats::calls);
  count("msdemo_calls_failed_total", "Calls that ended in an error of the callee", &Stats::failed);
  count("msdemo_call_attempts_total", "Attempts made for calls", &Stats::attempts);
  count("msdemo_call_attempts_failed_total", "Attempts that failed", &Stats::failed_attempts);
  count("msdemo_call_retries_refused_total", "Retries that a policy refused",
        &Stats::retries_refused);
  count("msdemo_calls_rejected_total", "Calls that bulkhead or breaker let not through",
        &Stats::rejected);
  metrics.gauge(
      "msdemo_calls_in_flight", "Calls under way",
      [&calls] { return static_cast<double>(calls.stats().in_flight); }, peer);
  metrics.gauge(
      "msdemo_breaker_state", "0 closed, 1 half-open, 2 open",
      [&calls] { return static_cast<double>(calls.stats().breaker); }, peer);
}

}  // namespace msdemo::http
