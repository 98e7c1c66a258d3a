// The routes of a service with what its faults do to requests: the one place where HTTP goes wrong
// on purpose.
#pragma once

#include "base/stop_signal.hpp"
#include "faults/faults.hpp"
#include "http/router.hpp"

namespace msdemo::http {

/// `routes`, which `faults` get to know, each with its faults in front. Every hit is a decision on
/// the request's span. What waits because of a fault is done when `stop` is stopped or the caller's
/// deadline passes; past the deadline no work is done. Both must outlive the result.
Router with_faults(const Router& routes, faults::Faults& faults, const StopSignal& stop);

}  // namespace msdemo::http
