// An HTTP/1.1 server for one table of routes: strict about what comes in, bounded in everything.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "http/router.hpp"
#include "metrics/metrics.hpp"
#include "trace/tracer.hpp"

namespace msdemo::http {

struct ServerOptions {
  std::string listen = "127.0.0.1";
  int port = 0;  ///< 0: any free one
  /// Names besides 127.0.0.1, localhost and [::1] under which this server may be called
  /// (`name` or `name:port`).
  std::vector<std::string> allowed_hosts{};
  std::string token{};  ///< for routes with Access::token; empty: those always answer 401
  std::size_t threads = limits::kServerThreads;
  std::size_t body_bytes = limits::kBodyBytes;
  std::chrono::milliseconds request_complete = limits::kRequestComplete;
  std::chrono::milliseconds idle_connection = limits::kIdleConnection;
};

/// Serves from construction until stop(). Owns its threads; thread-safe.
class Server {
 public:
  /// Binds, listens and serves: when this returns, requests are answered. `tracer` and `metrics`
  /// may be null and must outlive the server. Fails with lab_failed when the address is taken.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router,
                                               const trace::Tracer* tracer,
                                               metrics::Registry* metrics);
  virtual ~Server() = default;

  virtual int port() const = 0;

  /// `http://127.0.0.1:8001`
  virtual std::string url() const = 0;

  /// How many requests it works on at once (at least 1), and whether it refuses with `overloaded`
  /// those that waited longer for that than resilience::QueueAge allows.
  virtual void admit(std::size_t threads, bool shedding) = 0;

  struct Load {
    std::size_t running = 0;            ///< requests that are worked on
    std::size_t queued = 0;             ///< requests that wait for a thread
    std::chrono::nanoseconds oldest{};  ///< how long the first of those waits already
    std::int64_t shed = 0;              ///< refused since the start
  };
  virtual Load load() const = 0;

  /// Begins to leave, and returns at once: refuses new connections, so that their clients go to
  /// another replica, answers with `Connection: close` on those there are, and closes the ones that
  /// were idle for limits::kDrainIdle.
  virtual void drain() = 0;

  /// Drains, and returns when no connection is left or limits::kServerDrain has passed.
  virtual void stop() = 0;
};

}  // namespace msdemo::http
