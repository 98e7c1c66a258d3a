// The user service's HTTP interface.
#pragma once

#include "http/router.hpp"
#include "user/store.hpp"

namespace msdemo::user {

/// `POST /users`, `GET /users/{id}`, `GET /users`, `GET /openapi.yaml`. `store` must outlive it.
http::Router routes(UserStore& store);

}  // namespace msdemo::user
