// The policy a service runs with, changed while it runs.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "resilience/policy.hpp"

namespace msdemo::resilience {

/// Which keys a service has: only one that calls others can protect its calls.
enum class Role { caller, callee };

/// One key of a policy, as text.
struct Setting {
  std::string_view key;  ///< `deadline`
  std::string value;     ///< `1s`
  std::string naive;     ///< what the presets say
  std::string standard;
  std::string_view meaning;
};

/// Thread-safe.
class Policies {
 public:
  using Changes = std::vector<std::pair<std::string, std::string>>;

  /// Begins with the preset `standard`.
  explicit Policies(Role role) : role_(role) {}

  Policy get() const;

  /// `standard`, `naive` or `custom`.
  std::string_view preset() const;

  std::vector<Setting> settings() const;

  /// Applies `preset` first, then the other keys in their order; all or none. Returns warnings:
  /// what is allowed and probably not meant. Fails with invalid_field, naming the key and its rule,
  /// or the key or preset that was probably meant.
  Result<std::vector<std::string>> change(const Changes& changes);

  /// Calls `react` now and after each change, one at a time. It must not change the policy.
  void follow(std::function<void(const Policy&)> react);

 private:
  const Role role_;
  std::mutex changing_;       ///< held while a change is made and followed
  mutable std::mutex mutex_;  ///< guards policy_
  Policy policy_ = standard();
  std::vector<std::function<void(const Policy&)>> followers_;
};

}  // namespace msdemo::resilience
