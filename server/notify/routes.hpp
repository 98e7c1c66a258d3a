// The notify service's HTTP interface.
#pragma once

#include "http/router.hpp"
#include "notify/store.hpp"

namespace msdemo::notify {

/// `GET /receipts`, `GET /openapi.yaml`. `store` must outlive it.
http::Router routes(ReceiptStore& store);

}  // namespace msdemo::notify
