// What every service tells about itself on its second listener, where a flood cannot drown it.
#pragma once

#include <functional>

#include "base/error.hpp"
#include "faults/faults.hpp"
#include "http/router.hpp"
#include "metrics/metrics.hpp"

namespace msdemo::http {

/// `/healthz` (the process answers), `/readyz` (it can serve: `ready` says why not), `/metrics` and
/// `/faults`, which only the lab's token can change. `metrics` and `faults` must outlive the
/// router; `ready` is called on any thread.
Router admin_routes(const metrics::Registry& metrics, faults::Faults& faults,
                    std::function<Result<void>()> ready);

}  // namespace msdemo::http
