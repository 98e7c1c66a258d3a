// How a command finds the running lab and talks to its supervisor.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "lab/service_status.hpp"
#include "lab/state.hpp"
#include "lab/supervisor.hpp"
#include "trace/span.hpp"

namespace msdemo::lab {

/// One process of a service, as commands reach it.
struct Replica {
  std::string service;
  std::string name;  ///< `order`, or `order-2` where there are several
  std::string url;
  std::string admin_url;  ///< of its health, metrics, faults and policy; empty if foreign()

  /// A program that `up --cmd` started in place of ours.
  bool foreign() const { return admin_url.empty(); }
};

/// That `replica` is foreign, for whoever needs its admin listener; fails with usage then.
Result<void> check_admin(const Replica& replica);

/// The lab of one name, seen from outside its supervisor. Not thread-safe.
class Lab {
 public:
  /// Fails with no_lab when none of this name is running, telling how to start one.
  static Result<Lab> find(const std::string& name);

  Result<std::vector<ServiceStatus>> services();

  /// The processes that `name` means: all of a service (`order`), or one (`order-2`, also `order-1`
  /// where it is the only one). Fails with no_lab if the lab has no such service, and with usage,
  /// naming those there are, if it has no such replica.
  Result<std::vector<Replica>> replicas(const std::string& name) const;

  /// All of them, in the order in which they are shown.
  std::vector<Replica> replicas() const;

  /// Where the users of `service` reach it: its replicas. Fails as replicas().
  Result<std::vector<std::string>> urls(const std::string& service) const;

  /// Whether a foreign program stands in place of `service`.
  bool foreign(std::string_view service) const;

  /// Fails with usage, naming it, if there is a foreign program in this lab: `what` needs ours.
  Result<void> check_own(std::string_view what) const;

  /// Where the broker is: the lab's own, or an external one. That URL may hold a password.
  Result<std::string> broker_url() const;

  /// The header that lets a command change how a service behaves.
  std::pair<std::string, std::string> authorization() const;

  /// `action` is restart, kill, stop, start, pause or resume, `replica` the name of one; returns
  /// when it is done.
  Result<void> act(const std::string& action, const std::string& replica);

  /// Stops the lab and returns when its supervisor is gone, too. A supervisor that does not answer
  /// within limits::kControlCall is killed, which ends its services; the report then names it.
  Result<StopReport> down();

  /// The supervisor's own URL: it takes OTLP at `/v1/traces`.
  const std::string& control_url() const;

  /// Newest first, at most `limit`: `[{"trace_id","name","service","start_unix_nano","duration_ms",
  /// "spans","error"}]`.
  Result<Json> traces(int limit);

  /// The id of the trace in which the order was placed; empty if none of it came within `wait`.
  Result<std::string> trace_of_order(std::int64_t order_id, std::chrono::milliseconds wait);

  /// The spans of a trace, calls of foreign programs marked as untraced: no span is missing there.
  /// Waits up to `wait` until there are more than `more_than` of them; an
  /// unknown trace is an empty list.
  Result<std::vector<trace::SpanRecord>> spans(const std::string& trace_id, std::size_t more_than,
                                               std::chrono::milliseconds wait);

  pid_t supervisor_pid() const;

 private:
  struct Connection;
  explicit Lab(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  std::shared_ptr<Connection> connection_;
};

}  // namespace msdemo::lab
