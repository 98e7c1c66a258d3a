// What a callee said last, for when it says nothing.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/limits.hpp"

namespace msdemo::resilience {

/// The last limits::kLastKnown answers by id; the one used least recently is forgotten first.
/// Thread-safe.
class LastKnown {
 public:
  void remember(std::int64_t id, const std::string& answer) {
    const std::lock_guard lock(mutex_);
    if (const auto known = by_id_.find(id); known != by_id_.end()) {
      known->second->second = answer;
      recent_.splice(recent_.begin(), recent_, known->second);
      return;
    }
    if (recent_.size() >= limits::kLastKnown) {
      by_id_.erase(recent_.back().first);
      recent_.pop_back();
    }
    recent_.emplace_front(id, answer);
    by_id_[id] = recent_.begin();
  }

  std::optional<std::string> find(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto known = by_id_.find(id);
    if (known == by_id_.end()) return std::nullopt;
    recent_.splice(recent_.begin(), recent_, known->second);
    return known->second->second;
  }

 private:
  using Entries = std::list<std::pair<std::int64_t, std::string>>;

  std::mutex mutex_;  ///< guards both below
  Entries recent_;    ///< the one used last is first
  std::unordered_map<std::int64_t, Entries::iterator> by_id_;
};

}  // namespace msdemo::resilience
