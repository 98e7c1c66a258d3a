#include "scenario/fault_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace msdemo::scenario {

void FaultWatch::see(std::string_view service, pid_t pid, int restarts,
                     std::span<const faults::Fault> faults) {
  for (Seen& earlier : seen_) {
    const bool died = earlier.pid != pid && restarts > earlier.restarts;
    if (earlier.service == service && earlier.crash && died) earlier.hit = true;
  }
  for (const faults::Fault& fault : faults) {
    const std::string words = faults::in_words(fault.spec);
    auto found = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& earlier) {
      return earlier.service == service && earlier.pid == pid && earlier.id == fault.id &&
             earlier.route == fault.spec.route && earlier.words == words;
    });
    if (found == seen_.end()) {
      seen_.push_back({std::string(service), pid, restarts, fault.id, fault.spec.route, words,
                       fault.spec.kind == "crash", false});
      found = std::prev(seen_.end());
    }
    if (fault.hits > 0) found->hit = true;
  }
}

std::vector<std::string> FaultWatch::missed() const {
  std::vector<std::string> all;
  for (const Seen& fault : seen_) {
    if (fault.hit) continue;
    all.push_back(fmt::format("fault {} of {} ({})", fault.id, fault.service, fault.words));
  }
  return all;
}

bool FaultWatch::missed_a_crash() const {
  return std::any_of(seen_.begin(), seen_.end(),
                     [](const Seen& fault) { return fault.crash && !fault.hit; });
}

}  // namespace msdemo::scenario
