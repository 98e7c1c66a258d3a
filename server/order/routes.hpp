// The order service's HTTP interface.
#pragma once

#include "http/router.hpp"
#include "order/service.hpp"
#include "order/store.hpp"

namespace msdemo::order {

/// `POST /orders`, `GET /orders/{id}`, `GET /orders`, `GET /openapi.yaml`. `service` and `store`
/// must outlive it.
http::Router routes(OrderService& service, OrderStore& store);

}  // namespace msdemo::order
