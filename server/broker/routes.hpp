// The broker service's HTTP interface.
#pragma once

#include "broker/service.hpp"
#include "broker/store.hpp"
#include "http/router.hpp"

namespace msdemo::broker {

/// Everything in docs/reference/openapi/broker.yaml, for a server that takes bodies of
/// limits::kBrokerBodyBytes. `service` and `store` must outlive it. Before that server is stopped,
/// `service` has to be: its waiting consumers would hold the server up.
http::Router routes(BrokerService& service, BrokerStore& store);

}  // namespace msdemo::broker
