// The faults of one service, over its admin listener.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "faults/faults.hpp"
#include "http/client.hpp"
#include "lab/client.hpp"

namespace msdemo::commands {

/// All calls block for one exchange and fail as call() does.
class ServiceFaults {
 public:
  /// Fails with no_lab if the lab has no such service.
  static Result<std::unique_ptr<ServiceFaults>> of(lab::Lab& lab, const std::string& service);

  Result<std::vector<faults::Fault>> list();

  /// Of each kind a service has one fault: adding it again changes its value. Fails with
  /// invalid_field, saying which kinds and values there are.
  Result<faults::Fault> add(const std::string& kind, const std::string& value);

  /// Removes all, and says how many there were.
  Result<std::int64_t> clear();

 private:
  ServiceFaults(const std::string& admin_url, std::pair<std::string, std::string> authorization)
      : admin_(admin_url), authorization_(std::move(authorization)) {}

  http::Client admin_;
  std::pair<std::string, std::string> authorization_;
};

}  // namespace msdemo::commands
