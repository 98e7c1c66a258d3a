// What goes wrong on purpose in one service: which fault hits which request, message or step.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace msdemo::faults {

struct Fault {
  std::int64_t id = 0;
  std::string kind;   ///< `latency` or `crash`
  std::string value;  ///< as given: `100ms`, `before-ack`
  std::int64_t hits = 0;
};

Json to_json(const Fault& fault);

/// The steps at which a process can be made to die, as far as it takes them:
/// - `after-commit`: the order service stored an async order, and nobody has heard of it yet
/// - `before-publish`, `after-publish`: the relay is about to publish; the broker has it, and the
///   outbox does not know
/// - `after-receive`, `before-ack`: a consumer was given messages; it has acted on them, and the
///   broker does not know
const std::vector<std::string_view>& crash_points();

/// The faults of this process; they end with it. Thread-safe; costs next to nothing without faults.
class Faults {
 public:
  /// `latency`: a time such as `100ms` or `1.5s`, up to limits::kFaultTime, before every request
  /// and every message. `crash`: one of crash_points(), where the process kills itself as kill -9
  /// would. One fault of each kind: adding a kind again gives it the new value and keeps its id and
  /// hits. Fails with invalid_field, naming the kinds there are or the value's rule.
  Result<Fault> add(const std::string& kind, const std::string& value);

  std::vector<Fault> list() const;

  /// Returns how many there were.
  std::size_t clear();

  /// How long what is about to be handled has to wait first; a hit if that is any time at all.
  std::chrono::microseconds latency();

  /// Called at each of the crash_points(). Does not return if there is such a fault.
  void reach(std::string_view point);

 private:
  mutable std::mutex mutex_;  ///< guards faults_
  std::vector<Fault> faults_;
  std::int64_t added_ = 0;
  std::atomic<bool> any_ = false;  ///< whether to look at all
};

}  // namespace msdemo::faults
