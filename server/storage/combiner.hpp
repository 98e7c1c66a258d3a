// Callers that come while others are being served share the next batch, which one of them does for
// all. It exists because a commit costs more than an insert, and a round trip more than either.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "base/semaphore.hpp"

namespace msdemo::storage {

/// What a Combiner keeps with each call; a call derives from it, and ends after run().
class Combined {
  template <class Call>
  friend class Combiner;
  Semaphore* caller_ = nullptr;
  bool leads_ = false;
};

/// Flat combining (Hendler, Incze, Shavit, Tzafrir: "Flat Combining and the Synchronization-
/// Parallelism Tradeoff", SPAA 2010). Has no thread of its own: a caller that finds a leader's
/// place free serves all who wait, and whoever waits first does so next. Thread-safe.
template <class Call>
class Combiner {
 public:
  using Batch = std::vector<Call*>;

  /// At most `leaders` batches at once, of at most `batch` calls; and `queue` calls that wait.
  Combiner(std::size_t leaders, std::size_t batch, std::size_t queue)
      : leaders_max_(leaders), batch_max_(batch), queue_max_(queue) {}

  /// Returns when `call` was served: by somebody else, or by `serve(batch)`, here, which throws
  /// nothing. False, at once, if too many wait.
  template <class Serve>
  bool run(Call& call, Serve&& serve) {
    // The thread's own, and not the call's: the giver may still be in post() when the call is gone.
    thread_local Semaphore called;
    bool waits = false;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() >= queue_max_) return false;
      queue_.push_back(&call);
      call.caller_ = &called;
      waits = leaders_ == leaders_max_;
      if (!waits) {
        ++leaders_;
        call.leads_ = true;
      }
    }
    if (waits) called.wait();  // until it was served, or is to lead
    if (!call.leads_) return true;
    const Batch batch = take(call);
    serve(batch);
    finish(call, batch);
    return true;
  }

  /// Calls that nobody serves yet.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  /// The leader's, and those who wait without leading themselves.
  Batch take(Call& leader) {
    const std::lock_guard lock(mutex_);
    Batch batch = {&leader};
    std::erase_if(queue_, [&](Call* call) {
      if (call == &leader) return true;
      if (call->leads_ || batch.size() >= batch_max_) return false;
      batch.push_back(call);
      return true;
    });
    return batch;
  }

  void finish(const Call& leader, const Batch& batch) {
    Semaphore* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const auto first =
          std::ranges::find_if(queue_, [](const Call* call) { return !call->leads_; });
      if (first == queue_.end()) {
        --leaders_;
      } else {
        (*first)->leads_ = true;
        next = (*first)->caller_;
      }
    }
    if (next != nullptr) next->post();
    for (const Call* const call : batch) {
      if (call != &leader) call->caller_->post();
    }
  }

  const std::size_t leaders_max_;
  const std::size_t batch_max_;
  const std::size_t queue_max_;
  mutable std::mutex mutex_;  ///< guards all below, and each call's `leads_` until it is told
  std::deque<Call*> queue_;
  std::size_t leaders_ = 0;
};

}  // namespace msdemo::storage
