// The policy of one service, over its admin listener.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "http/client.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

/// One key, its value now and in the presets.
struct PolicySetting {
  std::string key{};
  std::string value{};
  std::string naive{};
  std::string standard{};
  std::string meaning{};
};

/// How the calls to one callee have gone since the service's start.
struct CallsToPeer {
  std::string peer{};
  std::string breaker{};
  std::int64_t in_flight = 0;
  std::int64_t calls = 0;
  std::int64_t attempts = 0;
  std::int64_t failed_attempts = 0;
  std::int64_t retries_refused = 0;
  std::int64_t rejected = 0;
};

struct Policy {
  std::string preset{};  ///< `custom` if the settings are neither of the presets
  std::vector<PolicySetting> settings{};
  std::vector<std::string> warnings{};
  std::vector<CallsToPeer> calls{};
};

Json to_json(const CallsToPeer& calls);

/// All calls block for one exchange and fail as call() and lab::check_admin() do.
class ServicePolicy {
 public:
  ServicePolicy(const lab::Lab& lab, const lab::Replica& replica)
      : replica_(replica), admin_(replica.admin_url), authorization_(lab.authorization()) {}

  Result<Policy> get();

  /// `changes` maps keys to values, `preset` to a preset that is taken first. All of them are taken
  /// or none; fails with invalid_field then. Returns the policy as it is now.
  Result<Policy> set(const Json& changes);

 private:
  const lab::Replica replica_;
  http::Client admin_;
  std::pair<std::string, std::string> authorization_;
};

}  // namespace msdemo::commands
