// Adds up what a run of the load generator sees. Arithmetic alone: time comes from outside.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.hpp"
#include "load/outcome.hpp"

namespace msdemo::load {

/// The measured part of one run: the loop calls it for measured starts only.
class Measurement {
 public:
  void begin(SteadyTime now);

  /// A start that was meant for `intended` was seen to at `now`; it is in the system from
  /// `intended` until it ends.
  void started(SteadyTime now, SteadyTime intended);
  void succeeded(SteadyTime now, SteadyTime intended, SteadyTime sent);
  void failed(SteadyTime now, std::string_view name, bool definite);

  /// The run was left at `now`: what has not ended by then does not count. Else the measured part
  /// lasts from its beginning until `scheduled`, or until the last end, if that is later.
  Outcome finish(SteadyTime scheduled);
  Outcome leave(SteadyTime now);

 private:
  void change_outstanding(SteadyTime now, bool more);
  Outcome result(SteadyTime end);

  Outcome outcome_;
  SteadyTime begin_{};
  SteadyTime changed_{};  ///< when outstanding_ last did
  std::size_t outstanding_ = 0;
  double outstanding_ns_ = 0;  ///< its integral over time
};

}  // namespace msdemo::load
