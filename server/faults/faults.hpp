// What goes wrong on purpose in one service: which fault hits which request or message.
#pragma once

#include <chrono>
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
  std::string kind;   ///< `latency`
  std::string value;  ///< as given: `100ms`
  std::int64_t hits = 0;
};

Json to_json(const Fault& fault);

/// `100ms`, `1.5s`: 0 to limits::kFaultLatency. Fails with invalid_field.
Result<std::chrono::microseconds> parse_latency(std::string_view text);

/// The faults of this process; they end with it. Pure but for its lock; thread-safe.
class Faults {
 public:
  /// One fault of each kind: adding a kind again gives it the new value and keeps its id and hits.
  /// Fails with invalid_field, naming the kinds there are or the value's rule.
  Result<Fault> add(const std::string& kind, const std::string& value);

  std::vector<Fault> list() const;

  void clear();

  /// How long the request or message that is about to be handled has to wait first; counts a hit.
  std::chrono::microseconds latency();

 private:
  mutable std::mutex mutex_;  ///< guards everything below
  std::vector<Fault> faults_;
  std::chrono::microseconds latency_{0};
  std::int64_t next_id_ = 1;
};

}  // namespace msdemo::faults
