// The faults of one process of a service, over its admin listener.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "faults/faults.hpp"
#include "http/client.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

/// All calls block for one exchange and fail as call() and lab::check_admin() do.
class ServiceFaults {
 public:
  ServiceFaults(const lab::Lab& lab, const lab::Replica& replica)
      : replica_(replica), admin_(replica.admin_url), authorization_(lab.authorization()) {}

  Result<std::vector<faults::Fault>> list();

  /// A service has one fault for each kind and route: adding it again changes it. Fails with
  /// invalid_field, saying which there are.
  Result<faults::Fault> add(const faults::Spec& spec);

  /// Takes add() back: what it replaced, as list() told it `before`, is there again for the time
  /// that it had left, counting anew; or nothing is.
  Result<void> undo(const faults::Fault& added, const std::vector<faults::Fault>& before);

  /// Removes all, and says how many there were.
  Result<std::int64_t> clear();

 private:
  const lab::Replica replica_;
  http::Client admin_;
  std::pair<std::string, std::string> authorization_;
};

}  // namespace msdemo::commands
