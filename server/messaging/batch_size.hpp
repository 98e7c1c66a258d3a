// How many messages a consumer takes at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/limits.hpp"

namespace msdemo::messaging {

/// Slow start, as TCP does it (RFC 5681, section 3.1): begins at one message, doubles while batches
/// come full and take less than limits::kBatchTarget, and shrinks to what fits into that time when
/// they take longer. So a slow consumer holds nothing that an idle one could have, and a fast one
/// shares each commit and each call among many messages. Pure.
class BatchSize {
 public:
  std::size_t next() const { return size_; }

  /// `received` messages, at least one, have been handled in `duration`.
  void took(std::size_t received, std::chrono::nanoseconds duration) {
    constexpr std::chrono::nanoseconds kTarget = limits::kBatchTarget;
    if (duration > kTarget) {
      const auto each = duration / received;
      size_ = static_cast<std::size_t>(std::max<std::int64_t>(kTarget / each, 1));
    } else if (received < size_) {
      size_ = received;
    } else {
      size_ = size_ * 2;
    }
    size_ = std::clamp<std::size_t>(size_, 1, limits::kPrefetch);
  }

 private:
  std::size_t size_ = 1;
};

}  // namespace msdemo::messaging
