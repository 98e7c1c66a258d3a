#include "scenario/library.hpp"

namespace msdemo {

namespace embedded {
extern const std::string_view slow_dependency_scenario;
extern const std::string_view retry_storm_scenario;
extern const std::string_view breaker_scenario;
extern const std::string_view metastable_scenario;
extern const std::string_view poison_message_scenario;
extern const std::string_view dual_write_scenario;
}  // namespace embedded

namespace scenario {

const std::vector<Entry>& library() {
  static const std::vector<Entry> all = {
      {"slow-dependency", "docs/scenarios/slow-dependency.md", embedded::slow_dependency_scenario},
      {"retry-storm", "docs/scenarios/retry-storm.md", embedded::retry_storm_scenario},
      {"breaker", "docs/scenarios/breaker.md", embedded::breaker_scenario},
      {"metastable", "docs/scenarios/metastable.md", embedded::metastable_scenario},
      {"poison-message", "docs/scenarios/poison-message.md", embedded::poison_message_scenario},
      {"dual-write", "docs/scenarios/dual-write.md", embedded::dual_write_scenario},
  };
  return all;
}

}  // namespace scenario

}  // namespace msdemo
