// What goes wrong on purpose in one service: which fault hits which request, message, write or
// step.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/rng.hpp"
#include "faults/kind.hpp"
#include "faults/spec.hpp"

namespace msdemo::faults {

struct Fault {
  std::int64_t id = 0;
  Spec spec{};            ///< with the seed that is used, if chance has a say
  std::int64_t met = 0;   ///< what it could have hit since it was added
  std::int64_t hits = 0;  ///< what it hit of that
  std::optional<std::chrono::microseconds> left{};  ///< of spec.lasts; 0 in the end
  bool over = false;                                ///< it will hit nothing any more
};

/// `{"id","kind","value","hits","met"}`, and what else is set: `"lasts"` and `"left"` instead of
/// `"for"`, and `"over"`.
Json to_json(const Fault& fault);

/// Reads what to_json() wrote; fails with invalid_reply.
Result<Fault> parse_fault(Json json);

/// The faults of this process; they end with it. Thread-safe; costs next to nothing without faults.
///
/// Of the faults that a thing meets, all latencies hit it, and of the others the one that was added
/// first and whose trigger agrees; those after it do not meet that thing.
class Faults {
 public:
  /// `rng` makes the seeds that nobody gave. Both must outlive this.
  Faults(const Clock& clock, Rng& rng) : clock_(clock), rng_(rng) {}

  /// What can be a fault's route from now on, e.g. `GET /users/{id}`; `order.*` is a topic whose
  /// words may be anything.
  void add_route(std::string route);
  void add_topics(const std::vector<std::string>& topics);

  /// There is one fault for each kind and route: adding it again changes it, keeps its id, and
  /// starts counting anew. Fails with invalid_field as parse_spec() does, and if this service has
  /// no such route, the kind makes no sense for it, or there are limits::kFaults already.
  Result<Fault> add(Spec spec);

  /// In the order in which they were added.
  std::vector<Fault> list() const;

  /// Both return how many there were.
  std::size_t remove(std::int64_t id);
  std::size_t clear();

  /// What becomes of a request to this route, of a message on this topic, of a write.
  Effect meet_request(std::string_view method, std::string_view pattern);
  Effect meet_message(std::string_view topic);
  Effect meet_write();

  /// Called at each of the crash_points(). Does not return if a fault hits it.
  void reach(std::string_view point);

 private:
  struct Active {
    Fault fault;  ///< `left` and `over` are made when somebody asks
    const Kind* kind;
    Strike strike{};
    std::unique_ptr<Rng> chance{};
    std::optional<SteadyTime> until{};
  };

  Result<void> check_route(const Kind& kind, const std::string& route) const;
  std::vector<std::string> routes_for(const Kind& kind) const;
  Fault described(const Active& active) const;
  template <class Concerns>
  Effect meet(Thing thing, Concerns&& concerns);

  const Clock& clock_;
  Rng& rng_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::vector<std::string> routes_;
  std::vector<std::string> topics_;
  std::vector<Active> active_;
  std::int64_t added_ = 0;
  std::atomic<bool> any_ = false;  ///< whether to look at all
};

}  // namespace msdemo::faults
