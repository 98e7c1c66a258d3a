// The policy of a service, as its admin listener shows and changes it.
#pragma once

#include <vector>

#include "http/protected_client.hpp"
#include "http/router.hpp"
#include "metrics/metrics.hpp"
#include "resilience/policies.hpp"

namespace msdemo::http {

/// Adds `GET /policy` and, with the token, `POST /policy`. All must outlive the router's use.
void add_policy_routes(Router& router, resilience::Policies& policies,
                       std::vector<ProtectedClient*> calls);

/// Adds what happens to the calls of a service, by callee: `msdemo_calls_total{peer}` and so on.
void add_call_metrics(metrics::Registry& metrics, const ProtectedClient& calls);

}  // namespace msdemo::http
