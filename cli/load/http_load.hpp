// Puts HTTP requests on a server as a plan says, from one thread with one event loop over many
// connections, so that the generator costs the machine that it measures as little as possible.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "load/outcome.hpp"

namespace msdemo::load {

enum class Loop {
  open,    ///< starts follow the clock, whatever becomes of those before
  closed,  ///< every connection starts its next request when the last is answered
};

enum class Arrivals { constant, poisson };

/// Where a server is.
struct Target {
  std::string host = "127.0.0.1";
  int port = 0;
};

/// What to send, how often and for how long.
struct Plan {
  std::string host = "127.0.0.1";
  int port = 0;
  std::vector<Target> replicas{};  ///< of the same server, elsewhere: they have connections in turn
  std::string
      request{};  ///< the bytes of one HTTP/1.1 request, kept alive; the same for every start
  Loop loop = Loop::open;
  Arrivals arrivals = Arrivals::constant;
  double rate_per_s = 0;  ///< of an open loop; more than 0
  std::size_t connections = 64;
  std::chrono::milliseconds warmup{0};    ///< comes first and is not measured
  std::chrono::milliseconds duration{0};  ///< measured
  std::size_t count = 0;                  ///< if not 0: so many starts instead of `duration`
  std::chrono::milliseconds timeout{0};   ///< from the intended start; 0: limits::kExchangeCeiling
  std::size_t backlog = 0;  ///< starts that may wait for a free connection; more are dropped
  std::uint64_t seed = 1;   ///< of Poisson arrivals
  bool endure = false;      ///< go on while the server takes no connections: it may come back

  /// Goes to the replicas of one service: `http://host:port` each, at least one.
  void spread_over(const std::vector<std::string>& urls);
};

/// One start that has ended. `body` is valid during the call.
struct Ended {
  std::size_t number;  ///< of the start, from 0; the warm-up's count, too
  bool measured;       ///< not in the warm-up
  SteadyTime intended;
  SteadyTime ended;
  int status;                ///< of the answer; 0 when there was none
  std::string_view failure;  ///< as in Failures::name; empty for a success (2xx)
  bool definite;             ///< of a failure: certainly did not happen
  std::string_view body;
};

/// Called from the loop's thread; none may block. Each may be empty.
struct Listeners {
  std::function<void(const Ended&)> ended;
  std::function<void()> second;       ///< a second has passed, until all is done
  std::function<bool()> interrupted;  ///< asked ten times a second: leave with what there is?
};

/// Runs the plan and returns when every start has ended or its timeout has passed. Fails with
/// unreachable when not even the first connection can be made; what goes wrong later is part of the
/// outcome.
Result<Outcome> run_load(const Plan& plan, const Listeners& listeners = {});

}  // namespace msdemo::load
