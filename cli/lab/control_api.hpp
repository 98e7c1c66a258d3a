// What a lab's supervisor answers over HTTP: who runs, please restart that, and which spans came.
// It exists so that commands in other terminals, and programs in other languages, can use a lab.
#pragma once

#include "http/router.hpp"
#include "lab/collector.hpp"
#include "lab/supervisor.hpp"
#include "lab/trace_forwarder.hpp"

namespace msdemo::lab {

/// `GET /services` · `POST /services/{service}?action=` and `POST /down` (with the lab's token) ·
/// `POST /v1/traces` (OTLP/HTTP JSON) · `GET /traces?limit=` ·
/// `GET /traces?order=&wait_ms=` (the one that placed this order; waits for it) ·
/// `GET /traces/{trace_id}?more_than=&wait_ms=` (OTLP JSON; waits for more spans) · `GET /healthz`.
/// What the lab refuses is 409 with a problem document. `forwarder` may be null; the parts must
/// outlive the router.
http::Router control_routes(Supervisor& supervisor, Collector& collector,
                            TraceForwarder* forwarder);

/// The status of an answer that carries an error without an HTTP status of its own.
inline constexpr int kRefusedStatus = 409;

}  // namespace msdemo::lab
